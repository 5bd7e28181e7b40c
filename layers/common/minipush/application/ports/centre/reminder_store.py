"""Reminders in the inbox items that they are about."""

from typing import Protocol

from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ReminderState


class ReminderStore(Protocol):
    """Reads are consistent: they see every earlier write."""

    def read(self, openid: str, sk: str) -> InboxMessage | None: ...

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        """Write `after` in one write. False if another worker has changed the reminder since `before` was read."""
        ...
