"""Runs a command under a lock: `python3 local/locked.py LOCKFILE COMMAND…` (any Python 3)."""

import fcntl
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    lock = Path(sys.argv[1])
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        sys.exit(subprocess.call(sys.argv[2:]))
