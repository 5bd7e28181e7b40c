"""Finds and kills workers of a local stack. The emulator runs each worker as a process."""

import os
import signal
from pathlib import Path


def kill_worker(function: str, aws_url: str) -> int:
    """Send SIGKILL to one process that runs the function for the stack at `aws_url`. Return the number of processes found."""
    pids = _processes(function, aws_url)
    if pids:
        os.kill(pids[0], signal.SIGKILL)
    return len(pids)


def _processes(function: str, aws_url: str) -> list[int]:
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={function}", f"AWS_ENDPOINT_URL={aws_url}"}
    found = (path for path in Path("/proc").glob("[0-9]*/environ") if wanted <= _variables(path))
    return [int(path.parent.name) for path in found]


def _variables(environment: Path) -> set[str]:
    """Empty if the process ended or belongs to another user."""
    try:
        return set(environment.read_bytes().decode(errors="replace").split("\0"))
    except OSError:
        return set()
