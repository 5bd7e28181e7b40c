"""Complaints of users about messages of apps, and the automatic hold."""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.inbox import Content
from minipush.domain.centre.points import ComplaintCategory, Grievance
from minipush.domain.timestamps import HOUR_MS

_MS = timedelta(milliseconds=1)
MESSAGE_AGE_MS = timedelta(days=30) // _MS
"""Nobody may complain about an older message."""
REJECTED_COUNT, REJECTED_WITHIN_MS = 3, timedelta(days=90) // _MS
"""Whose complaints were rejected so often within this time sets no automatic hold."""
HOLD_MS = timedelta(hours=72) // _MS
HOLD_COMPLAINERS, HOLD_SHARE, HOLD_MESSAGES = 20, 0.003, 1000
WINDOW_MS = timedelta(hours=24) // _MS


class ComplaintStatus(enum.StrEnum):
    """The values are part of the HTTP contract."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class CaseVerdict(enum.StrEnum):
    """What an operator decides, of a complaint or an appeal. The values are part of the HTTP contract."""

    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """`by`: the name of the operator key. `at` in ms."""

    verdict: CaseVerdict
    by: str
    at: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """`user`: stands for the user, and doesn't tell who it is: see ComplaintStore. `content`: of the message, as it was.

    `category`: what the user says. `upheld_as`: what the operator says. `points`: what the complaint cost the app.
    """

    id: CaseId
    user: str
    message_id: str
    message_at: int
    content: Content
    category: ComplaintCategory
    text: str | None
    at: int
    decision: CaseDecision | None = None
    upheld_as: ComplaintCategory | None = None
    points: int = 0

    @property
    def status(self) -> ComplaintStatus:
        return ComplaintStatus(self.decision.verdict) if self.decision else ComplaintStatus.OPEN

    @property
    def place(self) -> str:
        """Among the user's complaints. A sender may replace a message: there is one about each of its texts."""
        return f"{self.message_id}#{text_hash(self.content)[:16]}"

    @property
    def grievance(self) -> Grievance:
        return Grievance(
            user=self.user,
            complained_at=self.at,
            text_hash=text_hash(self.content),
            message_at=self.message_at,
        )


def counted_as(openid: str) -> str:
    """Under which name a user is counted among those who complain: the same after an erasure, so that nobody counts twice.

    The count is kept for two days, and no answer has the name.
    """
    return hashlib.sha256(f"complainer {openid}".encode()).hexdigest()[:32]


def text_hash(content: Content) -> str:
    """The same for the same text, whoever gets it."""
    parts = (content.title, content.body, content.markdown, content.url, content.page, content.copy)
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Complainers:
    """How many different users complained about an app, by the hour since the epoch. A user counts once in 24 hours."""

    by_hour: Mapping[int, int]

    def recent(self, now: int) -> int:
        oldest = (now - WINDOW_MS) // HOUR_MS
        return sum(count for hour, count in self.by_hour.items() if hour > oldest)


def is_hold_due(complainers: int, messages: int) -> bool:
    """Whether an app is held before anybody has reviewed the complaints: both numbers are of 24 hours."""
    many = complainers >= HOLD_COMPLAINERS and messages >= HOLD_MESSAGES
    return many and complainers > HOLD_SHARE * messages
