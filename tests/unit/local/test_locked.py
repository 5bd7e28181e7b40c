"""Set-up runs once at a time, and never without a sign of life."""

import fcntl
import sys
import threading
from pathlib import Path

from local.locked import run_locked


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_long_command_says_that_it_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    assert run_locked(tmp_path / "lock", python("import time; time.sleep(0.5)"), said.append, 0.05) == 0
    assert len(said) > 1
    assert all("still working" in line for line in said)


def test_a_short_command_says_nothing_and_keeps_its_status(tmp_path: Path) -> None:
    said: list[str] = []
    assert run_locked(tmp_path / "new" / "lock", python("raise SystemExit(7)"), said.append) == 7
    assert said == []


def test_waiting_for_another_process_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def say(line: str) -> None:
            said.append(line)
            fcntl.flock(held, fcntl.LOCK_UN)

        worker = threading.Thread(target=run_locked, args=(tmp_path / "lock", python(""), say))
        worker.start()
        worker.join(20)
    assert said == ["Waiting for another make that is setting up"]
