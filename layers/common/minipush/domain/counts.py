"""What became of a campaign's recipients, in numbers, and how WeChat's later events correct them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minipush.domain.messages import Outcome, Reason, Status

if TYPE_CHECKING:
    from minipush.domain.statistics import Activity


@dataclass(frozen=True, slots=True)
class Correction:
    """What WeChat said later of a message in a campaign's report. `at`: when WeChat said so (ms).

    With a `reason`, WeChat accepted the message and could not deliver it. Without one, the message was in doubt and
    arrived. `before`: its status in the report, now or once it is written: sent or unknown.
    """

    openid: str
    msgid: str
    reason: Reason | None
    errcode: int | None
    before: Status
    at: int

    @property
    def status(self) -> Status:
        """The message's status from now on."""
        return Status.SENT if self.reason is None else Status.FAILED


@dataclass(frozen=True, slots=True)
class CorrectionCounts:
    """How many corrections a campaign has.

    `sent` and `unknown`: delivery failures by status in the report; `by_reason`: the same by reason. `confirmed`:
    messages in doubt that arrived.
    """

    sent: int = 0
    unknown: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)
    confirmed: int = 0

    @property
    def failures(self) -> int:
        return self.sent + self.unknown

    @property
    def total(self) -> int:
        return self.failures + self.confirmed


@dataclass(slots=True)
class Counts:
    """Recipients by status. `by_reason`: those that got no message."""

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            match outcome.status:
                case Status.SENT:
                    self.sent += 1
                case Status.FAILED:
                    self.failed += 1
                case Status.SKIPPED:
                    self.skipped += 1
                case Status.UNKNOWN:
                    self.unknown += 1
            if outcome.reason:
                self.by_reason[outcome.reason] = self.by_reason.get(outcome.reason, 0) + 1

    def merge(self, other: "Counts | Activity") -> None:
        self.sent += other.sent
        self.failed += other.failed
        self.skipped += other.skipped
        self.unknown += other.unknown
        for reason, count in other.by_reason.items():
            self.by_reason[reason] = self.by_reason.get(reason, 0) + count

    def corrected(self, corrections: CorrectionCounts) -> "Counts":
        """Move delivery failures from sent and unknown to failed, and messages that arrived from unknown to sent.

        The total stays. While a campaign runs, the outcome of some may not be counted yet: no more are moved than
        are counted.
        """
        moved = min(corrections.failures, self.sent + self.unknown)
        unknown = max(min(corrections.unknown, self.unknown), moved - self.sent)
        confirmed = min(corrections.confirmed, self.unknown - unknown)
        by_reason, left = dict(self.by_reason), moved
        for reason, count in sorted(corrections.by_reason.items()):
            if taken := min(count, left):
                by_reason[reason] = by_reason.get(reason, 0) + taken
            left -= taken
        return Counts(
            self.sent - (moved - unknown) + confirmed,
            self.failed + moved,
            self.skipped,
            self.unknown - unknown - confirmed,
            by_reason,
        )

    def since(self, before: "Counts") -> "Counts":
        """The difference to earlier counts, without reasons."""
        return Counts(
            self.sent - before.sent,
            self.failed - before.failed,
            self.skipped - before.skipped,
            self.unknown - before.unknown,
        )

    @property
    def total(self) -> int:
        return self.sent + self.failed + self.skipped + self.unknown
