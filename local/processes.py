"""Processes that the stack starts: each leads a group of its own, so that nothing it started outlives it."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class CommandError(RuntimeError):
    """A command failed; the message carries what it printed."""


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Run to the end, quietly unless it fails; interrupted, take the whole group down."""
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
            end_group(process, patience=1)
            raise
        if status:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise CommandError(f"{' '.join(map(str, command[:2]))} failed ({status}):\n{said}")


def end_group(process: subprocess.Popen[bytes], patience: float) -> None:
    """SIGTERM to the group, SIGKILL to what is left of it after `patience` seconds."""
    with process:  # closes its pipes
        _signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
