"""`make run` as its users start it: a process of its own, on ports that the system chooses."""

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import ROOT
from local.providers.client import ProvidersControl
from local.simulator.client import Control

OPERATOR_KEY = "an operator key that the tests know"
STOP_SECONDS = 60.0
LEFT_BEHIND_SECONDS = 30.0
FIRST_BUILD_SECONDS = 240.0
ANNOUNCED = re.compile(r"API +(\S+)\n +AWS endpoint +(\S+)\n +WeChat +(\S+)\n")


@dataclass
class MakeRun:
    """`directory` takes its log and its temporary files. The URLs are known once it is ready."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    operator_key: str = OPERATOR_KEY
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    api_url: str = ""
    aws_url: str = ""
    wechat_url: str = ""

    @property
    def port(self) -> int:
        return _port(self.api_url)

    @property
    def aws_port(self) -> int:
        return _port(self.aws_url)

    def control(self) -> Control:
        """Of its WeChat simulator."""
        return Control(self.wechat_url, self.environment.get("WECHAT_CA", ""))

    def providers(self) -> ProvidersControl:
        """Of the servers that stand for the providers of its reminders."""
        return ProvidersControl(self.provider_urls["Bark"])

    @property
    def provider_urls(self) -> dict[str, str]:
        return dict(re.findall(r"^  (Bark|SMS|mail) +(\S+)$", self.log, re.MULTILINE))

    @property
    def log(self) -> str:
        return (self.directory / "run.log").read_text()

    def start(self) -> subprocess.Popen[bytes]:
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = {"PORT": "0", "AWS_PORT": "0", "OPERATOR_KEY": self.operator_key}
        environment = os.environ | settings | {"TMPDIR": str(self.directory), "MARK": self.mark}
        with (self.directory / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["make", "run"], cwd=ROOT, env=environment | self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self.process

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + FIRST_BUILD_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if (announced := ANNOUNCED.search(self.log)) and _is_healthy(announced[1]):
                self.api_url, self.aws_url, self.wechat_url = announced.groups()
                return
            time.sleep(0.05)
        raise AssertionError(f"make run did not become ready:\n{self.log}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(STOP_SECONDS)

    def invoke(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", "invoke", f"AWS_PORT={self.aws_port}", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    def kill_functions(self, name: str) -> int:
        """SIGKILL to every process that runs the function; returns how many there were."""
        workers = [pid for pid in self.processes() if _runs_function(pid, name)]
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        return len(workers)

    def processes(self) -> dict[int, str]:
        """The command lines of all processes of this run, by pid: they inherit its mark in the environment."""
        marked = [path.parent for path in Path("/proc").glob("[0-9]*/environ") if self._bears(path)]
        return {int(process.name): _command(process) for process in marked}

    def left_behind(self) -> list[str]:
        """The processes and files that are left. The kernel may need some seconds to end a process."""
        deadline = time.monotonic() + LEFT_BEHIND_SECONDS
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def _left(self) -> list[str]:
        files = [str(path) for path in self.directory.iterdir() if path.name != "run.log"]
        return [*self.processes().values(), *files]

    def _bears(self, environment: Path) -> bool:
        return f"MARK={self.mark}".encode() in _read(environment)


@contextmanager
def running(directory: Path, **environment: str) -> Iterator[MakeRun]:
    """A stack that is ready, and that leaves nothing behind."""
    run = MakeRun(directory, environment)
    run.start()
    try:
        run.wait_until_ready()
        yield run
    finally:
        run.end()
    left_behind = run.left_behind()
    assert left_behind == [], left_behind


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _runs_function(pid: int, name: str) -> bool:
    environment = _read(Path(f"/proc/{pid}/environ"))
    return f"-{name}-".encode() in environment and b"AWS_LAMBDA_FUNCTION_NAME" in environment


def _command(process: Path) -> str:
    return _read(process / "cmdline").replace(b"\0", b" ").decode() or f"{process.name}, gone meanwhile"


def _read(path: Path) -> bytes:
    """A file of /proc; empty when the process is gone or isn't ours."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
