"""Runs a command under a lock, and says that it goes on: `python3 local/locked.py LOCKFILE COMMAND…` (Python 3.9 or later)."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# Set-up downloads packages for minutes. A line that often shows that it has not stopped.
INTERVAL = 10.0


def run_locked(
    lock: Path, command: Sequence[str], say: Callable[[str], None], interval: float = INTERVAL
) -> int:
    """The command's exit status. `say` gets a line when another process holds the lock, and every `interval` seconds."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another make that is setting up")
            fcntl.flock(held, fcntl.LOCK_EX)
        return _watch(command, say, interval)


def _watch(command: Sequence[str], say: Callable[[str], None], interval: float) -> int:
    started = time.monotonic()
    with subprocess.Popen(command) as process:
        try:
            while True:
                try:
                    return process.wait(interval)
                except subprocess.TimeoutExpired:
                    say(f"  still working, {time.monotonic() - started:.0f} s so far")
        except BaseException:
            process.kill()
            raise


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(run_locked(Path(sys.argv[1]), sys.argv[2:], _say))
