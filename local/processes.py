"""Child processes. Each one leads its own process group, so that ending the group ends all its descendants."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class ProcessFailedError(RuntimeError):
    """A command failed. The message contains its output."""


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Run the command without output unless it fails. An interrupt ends its whole process group.

    ProcessFailedError: the command failed.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "TMPDIR": scratch},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            end_group(process, timeout=1)
            raise
        if status:
            output.seek(0)
            printed = output.read().decode(errors="replace")
            raise ProcessFailedError(f"{' '.join(map(str, command[:2]))} failed ({status}):\n{printed}")


def end_group(process: subprocess.Popen[bytes], timeout: float) -> None:
    """Send SIGTERM to the group, and SIGKILL after the process ended or after `timeout` seconds."""
    with process:  # closes its pipes
        _signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
        _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
