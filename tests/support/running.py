"""`make run` as its users start it: a process of its own, on free ports, with its environment."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import ROOT
from local.stack.emulator import free_port

OPERATOR_KEY = "an operator key that the tests know"
WELL_UNDER_A_MINUTE = 20.0
FIRST_BUILD = 240.0


@dataclass
class MakeRun:
    """`directory` takes its log and its temporary files."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    aws_port: int = field(default_factory=free_port)
    operator_key: str = OPERATOR_KEY
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def wechat_url(self) -> str:
        return self.environment["WECHAT_API_BASE"]

    @property
    def log(self) -> str:
        return (self.directory / "run.log").read_text()

    def start(self) -> subprocess.Popen[bytes]:
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = {"PORT": str(self.port), "AWS_PORT": str(self.aws_port), "OPERATOR_KEY": self.operator_key}
        environment = os.environ | settings | {"TMPDIR": str(self.directory), "MARK": self.mark}
        with (self.directory / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "run"], cwd=ROOT, env=environment | self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self.process

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + FIRST_BUILD
        while time.monotonic() < deadline and self.process.poll() is None:
            if _is_healthy(self.api_url):
                return
            time.sleep(0.05)
        raise AssertionError(f"make run did not become ready:\n{self.log}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(WELL_UNDER_A_MINUTE)

    def invoke(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", "invoke", f"AWS_PORT={self.aws_port}", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    def processes(self) -> dict[int, str]:
        """The processes that bear this run's mark in their environment: what it started, however deep."""
        marked = [path.parent for path in Path("/proc").glob("[0-9]*/environ") if self._bears(path)]
        return {int(process.name): _command(process) for process in marked}

    def left_behind(self) -> list[str]:
        """What is still there after some seconds: the kernel, too, takes its time over a process."""
        deadline = time.monotonic() + WELL_UNDER_A_MINUTE / 2
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    def _left(self) -> list[str]:
        """Command lines of processes that are still there, and files that should have been removed."""
        files = [str(path) for path in self.directory.iterdir() if path.name != "run.log"]
        return [*self.processes().values(), *files]

    def _bears(self, environment: Path) -> bool:
        try:
            return f"MARK={self.mark}".encode() in environment.read_bytes()
        except OSError:
            return False


@contextmanager
def running(directory: Path, **environment: str) -> Iterator[MakeRun]:
    run = MakeRun(directory, environment)
    run.start()
    try:
        run.wait_until_ready()
        yield run
    finally:
        run.end()
    left_behind = run.left_behind()
    assert left_behind == [], left_behind


@contextmanager
def simulator() -> Iterator[str]:
    """The URL of a WeChat simulator."""
    command = [sys.executable, "-m", "local.simulator", "--port", "0", "--exit-with-parent"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return f"{process.name}, gone meanwhile"
