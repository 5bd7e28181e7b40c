"""The hours ahead of a measure: 0 is the very moment of it, 1 the next whole hour on the clock in UTC, and so on.

Messages are planned for whole hours, and quiet hours begin and end with them nearly everywhere. So what is counted by
these hours is exact where it is asked for.
"""

from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import QuietHours

# A permit lives for a week, and a planned hour is a week ahead at most, of a measure that may be a day old.
LAST_HOUR = 8 * 24


def hour_of(instant: int, now: int) -> int:
    """The first that isn't before that instant; both in ms. What ends then is gone from this hour on."""
    return -(-instant // HOUR_MS) - now // HOUR_MS if instant > now else 0


def instant_of(hour: int, now: int) -> int:
    return (now // HOUR_MS + hour) * HOUR_MS if hour else now


@lru_cache(maxsize=4096)
def quiet_spans(quiet: QuietHours, now: int) -> tuple[int, ...]:
    """The hours with which quiet hours begin and end, by turns; an end is past LAST_HOUR where it isn't known."""
    are_quiet = [quiet.include(local) for local in _clock(quiet.timezone, now)]
    steps = pairwise([False, *are_quiet, False])
    return tuple(hour for hour, (before, then) in enumerate(steps) if before != then)


@lru_cache(maxsize=1024)
def _clock(timezone: str, now: int) -> tuple[time, ...]:
    """What the clock shows there at each of the hours."""
    zone = ZoneInfo(timezone)
    seconds = [instant_of(hour, now) / 1000 for hour in range(LAST_HOUR + 1)]
    return tuple(datetime.fromtimestamp(second, UTC).astimezone(zone).time() for second in seconds)
