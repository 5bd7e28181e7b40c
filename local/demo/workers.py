"""The workers of a stack: the emulator runs functions as processes."""

import os
import signal
from pathlib import Path


def kill_one(function: str, aws_url: str) -> int:
    """SIGKILL to a process that runs the function for the stack at that endpoint; how many there were."""
    pids = _processes(function, aws_url)
    if pids:
        os.kill(pids[0], signal.SIGKILL)
    return len(pids)


def _processes(function: str, aws_url: str) -> list[int]:
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={function}", f"AWS_ENDPOINT_URL={aws_url}"}
    found = (path for path in Path("/proc").glob("[0-9]*/environ") if wanted <= _variables(path))
    return [int(path.parent.name) for path in found]


def _variables(environment: Path) -> set[str]:
    """Empty for a process that isn't ours, or is gone."""
    try:
        return set(environment.read_bytes().decode(errors="replace").split("\0"))
    except OSError:
        return set()
