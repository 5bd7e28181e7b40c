"""Complaints of users about messages of apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.centre.cases import CaseId
    from minipush.domain.centre.complaints import Complainers, Complaint, ComplaintStatus


class ComplaintStore(Protocol):
    """Reads are consistent, but for those of lists. Decisions are changes of an app: see SanctionStore."""

    def add(self, openid: str, complaint: Complaint) -> Complaint:
        """Store the user's complaint, unless there is one about the same text of the message. Returns what is stored."""
        ...

    def complainer(self, openid: str) -> str:
        """What stands for the user in complaints: made by chance at the first one, and forgotten when the user is erased.

        An openid and a key of an operator don't lead to it.
        """
        ...

    def read_complaint(self, id_: CaseId) -> Complaint | None: ...

    def about(self, openid: str, message_id: str) -> list[Complaint]:
        """The user's own ones, each about another text of the message."""
        ...

    def of_user(self, openid: str, limit: int, before: str | None) -> list[Complaint]:
        """The user's own ones, those about the newest messages first. `before`: the place of one."""
        ...

    def newest(
        self, status: ComplaintStatus | None, limit: int, before: CaseId | None
    ) -> list[Complaint]: ...

    def rejections(self, user: str, since: int) -> int:
        """How many complaints of the user were rejected after `since` (ms). Counts up to REJECTED_COUNT."""
        ...

    def count_complainer(self, appid: str, user: str, at: int, reviews: int) -> Complainers:
        """Count the user, once in 24 hours, among those who complained about the app. Returns all of them.

        `user`: as the user is counted. `at`: of the complaint (ms). The same complaint again counts nothing. `reviews`: see ModeratedApp. Each review
        begins a new count.
        """
        ...
