"""Finds and kills workers of a local stack. The emulator runs each worker as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# On a Mac: every process of ours with its arguments and its environment, one a line.
PS = ["ps", "-A", "-E", "-ww", "-o", "pid=,command="]

type Found = Iterator[tuple[int, set[str]]]


def kill_worker(function: str, aws_url: str) -> int:
    """Send SIGKILL to one process that runs the function for the stack at `aws_url`. Return the number of processes found."""
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={function}", f"AWS_ENDPOINT_URL={aws_url}"}
    pids = [pid for pid, variables in _processes() if wanted <= variables]
    if pids:
        os.kill(pids[0], signal.SIGKILL)
    return len(pids)


def _processes() -> Found:
    if sys.platform == "linux":
        return _in_proc()
    return listed(subprocess.run(PS, capture_output=True, text=True, check=True).stdout)


def listed(output: str) -> Found:
    """The pids in the output of ps, each with the words of its line. A variable whose value has spaces is several words."""
    for line in output.splitlines():
        pid, *words = line.split()
        yield int(pid), set(words)


def _in_proc() -> Found:
    for path in Path("/proc").glob("[0-9]*/environ"):
        yield int(path.parent.name), _variables(path)


def _variables(environment: Path) -> set[str]:
    """Empty if the process ended or belongs to another user."""
    try:
        return set(environment.read_bytes().decode(errors="replace").split("\0"))
    except OSError:
        return set()
