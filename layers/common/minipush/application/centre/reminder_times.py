"""How long a worker takes for a reminder, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderTimes:
    """`lease_ms`: longer than a worker lives. `send_seconds`: for one call of a provider, and `least_seconds` if there is
    little time left; `settle_seconds`: for the write after it. A job without an item waits `missing_pause` seconds, until `missing_ms` after it was queued.
    """

    lease_ms: int = 30_000
    send_seconds: float = 8.0
    settle_seconds: float = 2.0
    least_seconds: float = 1.0
    missing_ms: int = 60_000
    missing_pause: int = 2
    conflict_pause_ms: int = 1_000
