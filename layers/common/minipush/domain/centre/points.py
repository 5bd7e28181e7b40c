"""Points of an app: what upheld complaints cost it."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

_MS = timedelta(milliseconds=1)
POINTS_LIVE_MS = timedelta(days=180) // _MS
COMPLAINER_PAUSE_MS = timedelta(days=30) // _MS


class ComplaintCategory(enum.StrEnum):
    """What a user complains of. The values are part of the HTTP contract."""

    ANNOYING = "annoying"
    ADVERT = "advert"
    MISLEADING = "misleading"
    IMPERSONATION = "impersonation"
    FRAUD = "fraud"
    ILLEGAL = "illegal"

    @property
    def points(self) -> int:
        return _POINTS[self]


_POINTS: Mapping[ComplaintCategory, int] = {
    ComplaintCategory.ANNOYING: 1,
    ComplaintCategory.ADVERT: 2,
    ComplaintCategory.MISLEADING: 3,
    ComplaintCategory.IMPERSONATION: 6,
    ComplaintCategory.FRAUD: 12,
    ComplaintCategory.ILLEGAL: 12,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grievance:
    """A complaint, as far as points depend on it.

    `user`: stands for the user who complained. `text_hash`: of the message that the complaint is about, which was
    stored at `message_at` (ms).
    """

    user: str
    complained_at: int
    text_hash: str
    message_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSet:
    """The points of one upheld complaint, since `at` (ms). `complaint_id` identifies the set."""

    complaint_id: str
    points: int
    at: int
    grievance: Grievance

    @property
    def expires_at(self) -> int:
        return self.at + POINTS_LIVE_MS

    def covers(self, grievance: Grievance) -> bool:
        """Whether these points have already paid for what the other complaint is about.

        They have if the user is the same within 30 days, or the message: the same text, stored before the app could
        know of these points. Points that were taken back cover the message, but not the user.
        """
        mine = self.grievance
        same_user = grievance.user == mine.user and self.points > 0
        same_text = grievance.text_hash == mine.text_hash
        apart = abs(grievance.complained_at - mine.complained_at)
        return (same_user and apart < COMPLAINER_PAUSE_MS) or (same_text and grievance.message_at <= self.at)


def live(sets: Iterable[PointSet], now: int) -> list[PointSet]:
    """Those that have not expired, the oldest first."""
    return sorted((one for one in sets if now < one.expires_at), key=lambda one: (one.at, one.complaint_id))


def total(sets: Iterable[PointSet], now: int) -> int:
    return sum(one.points for one in live(sets, now))


def points_for(category: ComplaintCategory, grievance: Grievance, sets: Iterable[PointSet]) -> int:
    """What an upheld complaint costs, beside the sets that the app has; 0 if one of them covers it."""
    return 0 if any(one.covers(grievance) for one in sets) else category.points
