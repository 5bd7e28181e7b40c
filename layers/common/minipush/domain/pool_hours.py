"""The hours of the pool's forecast: 0 is the time of the measure, 1 the next whole hour in UTC, and so on.

Messages are planned for whole hours, and quiet hours begin and end with them nearly everywhere. Counts by these hours
are exact for such instants.
"""

from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import pairwise

from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import QuietHours

# No permit that expires lives longer than a week, so a planned hour is a week ahead at most. The measure may be a day old.
LAST_HOUR = 8 * 24


def hour_of(instant: int, now: int) -> int:
    """The first hour that isn't before `instant`; both in ms. What ends at `instant` is over from that hour on."""
    return -(-instant // HOUR_MS) - now // HOUR_MS if instant > now else 0


def instant_of(hour: int, now: int) -> int:
    """The start of an hour in ms."""
    return (now // HOUR_MS + hour) * HOUR_MS if hour else now


@lru_cache(maxsize=4096)
def quiet_spans(quiet: QuietHours, now: int) -> tuple[int, ...]:
    """The hours at which quiet hours begin and end, alternating. An end beyond LAST_HOUR is LAST_HOUR + 1."""
    are_quiet = [quiet.include(local) for local in _local_times(quiet.timezone, now)]
    steps = pairwise([False, *are_quiet, False])
    return tuple(hour for hour, (before, then) in enumerate(steps) if before != then)


@lru_cache(maxsize=1024)
def _local_times(timezone: str, now: int) -> tuple[time, ...]:
    """The local time at each of the hours."""
    # Many processes never meet quiet hours.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    zone = ZoneInfo(timezone)
    seconds = [instant_of(hour, now) / 1000 for hour in range(LAST_HOUR + 1)]
    return tuple(datetime.fromtimestamp(second, UTC).astimezone(zone).time() for second in seconds)
