"""Sanctions on apps: the ladder, appeals, and what is in force."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict
from minipush.domain.centre.points import POINTS_LIVE_MS

_MS = timedelta(milliseconds=1)
APPEAL_WITHIN_MS = timedelta(days=30) // _MS
FOR_GOOD = 253_402_300_799_000
"""The end of the year 9999 (ms): until then means for good."""


class SanctionKind(enum.StrEnum):
    """From mild to hard. The values are part of the HTTP contract."""

    NOTICE = "notice"
    STRONG_OFF = "strong_off"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Rung:
    """What an app with so many live points gets. `lasts_ms`: None for good."""

    points: int
    kind: SanctionKind
    lasts_ms: int | None
    rule: str


LADDER = (
    Rung(12, SanctionKind.BAN, None, "points_12"),
    Rung(9, SanctionKind.BAN, timedelta(days=30) // _MS, "points_9"),
    Rung(6, SanctionKind.BAN, timedelta(days=7) // _MS, "points_6"),
    Rung(3, SanctionKind.STRONG_OFF, timedelta(hours=24) // _MS, "points_3"),
    Rung(1, SanctionKind.NOTICE, POINTS_LIVE_MS, "points_1"),
)
"""The hardest first. docs/centre.md publishes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """The end of a sanction before its time, by an operator. `at` in ms."""

    by: str
    at: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """Of the app, against one sanction. An upheld one ends the sanction and its points."""

    text: str
    at: int
    decision: CaseDecision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanction:
    """From `at` until `until` (ms). `by`: the operator key whose decision it is. `rule`: of the ladder, or the operator's.

    `complaint_id`: the complaint whose points it comes from; None for one that an operator imposes directly.
    """

    id: CaseId
    kind: SanctionKind
    at: int
    until: int
    rule: str
    note: str
    by: str
    complaint_id: str | None = None
    lift: Lift | None = None
    appeal: Appeal | None = None

    @property
    def severity(self) -> tuple[int, int]:
        return list(SanctionKind).index(self.kind), self.until

    @property
    def is_for_good(self) -> bool:
        return self.until >= FOR_GOOD

    @property
    def is_revoked(self) -> bool:
        """Lifted, or ended by an appeal."""
        won = self.appeal and self.appeal.decision and self.appeal.decision.verdict is CaseVerdict.UPHELD
        return self.lift is not None or bool(won)

    def is_in_force(self, now: int) -> bool:
        return not self.is_revoked and now < self.until

    def may_be_appealed(self, now: int) -> bool:
        """Once, within 30 days, by the app. A sanction that is over may be: its points are still live."""
        return self.appeal is None and not self.is_revoked and now < self.at + APPEAL_WITHIN_MS

    def is_shown(self, now: int) -> bool:
        """Whether the app sees it: as long as it is in force, or an appeal may change something."""
        waits = self.appeal is not None and self.appeal.decision is None
        return not self.is_revoked and (self.is_in_force(now) or waits or self.may_be_appealed(now))


@dataclass(frozen=True, slots=True)
class Standing:
    """Until when (ms) an app's sanctions are in force; 0: none is."""

    strong_off_until: int = 0
    banned_until: int = 0


def rung_of(points: int) -> Rung | None:
    return next((rung for rung in LADDER if points >= rung.points), None)


def end_of(rung: Rung, now: int) -> int:
    return FOR_GOOD if rung.lasts_ms is None else now + rung.lasts_ms


def standing(sanctions: Iterable[Sanction]) -> Standing:
    """Sanctions of one kind end with the last of them."""
    ends = {SanctionKind.STRONG_OFF: 0, SanctionKind.BAN: 0}
    for sanction in sanctions:
        if not sanction.is_revoked and sanction.kind in ends:
            ends[sanction.kind] = max(ends[sanction.kind], sanction.until)
    return Standing(ends[SanctionKind.STRONG_OFF], ends[SanctionKind.BAN])
