"""MiniStack, the AWS emulator on which a local stack runs."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from local.processes import ROOT, end_group

PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
PROGRAM = ROOT / "local" / "stack" / "emulator_process.py"
# Variables of the caller's environment that functions do not have in Lambda.
HIDDEN_FROM_FUNCTIONS = (
    "AWS_", "PYTHON", "WECHAT_", "OPERATOR_KEY", "PORT", "MAKE", "MFLAGS",
    "MESSAGE_CENTRE", "BARK_", "SMTP_", "MAIL_", "SMS_", "OFFICIAL_", "SUBSCRIBE_", "INBOX_",
)  # fmt: skip


class EmulatorError(RuntimeError):
    """The emulator did not start. The message contains the end of its log."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Emulator:
    """One MiniStack process on 127.0.0.1, with its files under `directory`."""

    def __init__(self, directory: Path, port: int | None = None, smtp_host: str = "") -> None:
        """`smtp_host`: host and port of the mail server to which SES relays; without one, SES keeps mails."""
        self.port = port or free_port()
        self.directory = directory
        self._smtp_host = smtp_host
        self.log = directory / "emulator.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout: float = 30) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = self._spawn(log)
        self._wait_until_ready(time.monotonic() + timeout)
        return self

    def stop(self, timeout: float = 5) -> None:
        """End the emulator and the function processes that it started, which share its process group."""
        if self._process is not None:
            process, self._process = self._process, None
            end_group(process, timeout)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PYTHON, "-P", PROGRAM],
            env=self._environment(),
            stdout=log,
            stderr=log,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(HIDDEN_FROM_FUNCTIONS)
        }
        return inherited | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "TMPDIR": str(self.directory),
            "STATE_DIR": str(self.directory / "state"),
            "S3_DATA_DIR": str(self.directory / "s3"),
            "TZ": "UTC",
            "SMTP_HOST": self._smtp_host,
            # Functions inherit it, and may call servers of this machine that the operator has named.
            "MINIPUSH_ALLOW_LOOPBACK": "yes",
        }

    def _wait_until_ready(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        raise EmulatorError(f"MiniStack did not start on port {self.port}:\n{self._log_tail()}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]
