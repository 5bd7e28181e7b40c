"""What one user may write in a UTC day: a session is anybody's, and so its writes are bounded."""

from dataclasses import dataclass

from minipush.domain.timestamps import DAY_MS

# A deployment that lets a user hold more permits lets the user upload as many.
PERMITS_A_DAY = 500
CHANGES_A_DAY = 100
# At least as many expired permits may wait for their deletion, which takes a day or two.
EXPIRED_PLACES = 100
# An upload that was admitted is stored, or has failed, within this time: Lambda ends it after 15 seconds.
IN_FLIGHT_MS = 60_000


def day_of(now: int) -> int:
    """The UTC day of `now` (ms), counted from the epoch."""
    return now // DAY_MS


@dataclass(frozen=True, slots=True)
class UploadCount:
    """`admitted`: permits that were counted on this day, before they are stored. `stored`: those that can be seen.

    `repeated`: those that were admitted, and that another request had stored meanwhile.
    """

    day: int = 0
    admitted: int = 0
    stored: int = 0
    repeated: int = 0

    @property
    def in_flight(self) -> int:
        """Permits that were admitted and can't be seen. Those that never arrive count until the day ends."""
        return max(0, self.admitted - self.stored - self.repeated)

    def at(self, now: int) -> "UploadCount":
        """The count that applies at `now` (ms). A day begins with what was in flight at midnight."""
        if self.day >= day_of(now):
            return self
        carried = self.in_flight if self.day == day_of(now - IN_FLIGHT_MS) else 0
        return UploadCount(day_of(now), admitted=carried)


@dataclass(frozen=True, slots=True)
class Admission:
    """A request to store `permits`, for which there was room by the count that was read.

    `read` is the count as it was stored, `today` the count at the time of the request. `spare`: how many permits more
    other requests may have been granted since, so that there is still room for these.
    """

    read: UploadCount
    today: UploadCount
    permits: int
    spare: int

    @property
    def day(self) -> int:
        return self.today.day


@dataclass(frozen=True, slots=True)
class ChangeCount:
    """How often a user's settings and refusals were written on a day."""

    day: int = 0
    changes: int = 0

    def allows_one(self, now: int) -> bool:
        return self.day < day_of(now) or self.changes < CHANGES_A_DAY


@dataclass(frozen=True, slots=True)
class CountedChange:
    """A change that is to be counted at `now` (ms). `read` is the count as it was stored."""

    read: ChangeCount
    now: int


@dataclass(frozen=True, slots=True)
class UserCounts:
    """The counters of a user, as they were stored last."""

    uploads: UploadCount = UploadCount()
    changes: ChangeCount = ChangeCount()
