"""What is decided about apps: points, sanctions, appeals and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.centre.cases import CaseId
    from minipush.domain.centre.complaints import ComplaintStatus
    from minipush.domain.centre.moderation import ModeratedApp, ModerationChange
    from minipush.domain.centre.record import RecordLine
    from minipush.domain.centre.sanctions import Sanction


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The newest lines first. `following`: where the next page begins."""

    lines: list[RecordLine]
    following: str | None


class SanctionStore(Protocol):
    """Reads are consistent, but for those of lists."""

    def read_app(self, appid: str) -> ModeratedApp: ...

    def read_sanction(self, id_: CaseId) -> Sanction | None: ...

    def change(self, change: ModerationChange) -> bool:
        """Write all of it or nothing. False if another decision came first: `before` has to be read again.

        Raises UnknownAppError.
        """
        ...

    def record(self, appid: str, limit: int, start: str | None) -> RecordPage:
        """`start`: from RecordPage.following."""
        ...

    def appealed(self, status: ComplaintStatus | None, limit: int, before: CaseId | None) -> list[Sanction]:
        """Sanctions with an appeal of this status, the newest sanctions first."""
        ...

    def count_blocked_text(self, appid: str, now: int) -> None:
        """Count a text of the app that WeChat finds risky. The first one of a day (UTC) is a line of the record."""
        ...
