"""The system's clock."""

import time


def milliseconds() -> int:
    """The time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
