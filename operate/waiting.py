"""Waits that tell how long they last still."""

import time
from collections.abc import Callable

PROGRESS_SECONDS = 10.0
"""A wait says something at least this often."""

type Say = Callable[[str], None]


def wait(seconds: float, say: Say) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        say(f"… {left:.0f} s more")
        time.sleep(min(left, PROGRESS_SECONDS))


def eventually(is_so: Callable[[], bool], seconds: float, say: Say, pause: float = 2.0) -> bool:
    """Is it so within these seconds?"""
    started = told = time.monotonic()
    while not is_so():
        now = time.monotonic()
        if now > started + seconds:
            return False
        if now >= told + PROGRESS_SECONDS:
            say(f"… not yet; {started + seconds - now:.0f} s more at most")
            told = now
        time.sleep(pause)
    return True
