"""The message centre's reminders that go out as subscription messages: claims lead to them."""

from collections.abc import Callable
from typing import Protocol

from minipush.domain.messages import Reason


class SubscriptionReminders(Protocol):
    """`delivery`: of a claim. Most are of no reminder: then nothing happens. All raise StoreError."""

    def msgid(self, openid: str, delivery: str) -> str | None:
        """WeChat's id of the message; None if nobody knows it. Raises StoreError, too, while it is being sent."""
        ...

    def fail(self, openid: str, delivery: str, reason: Reason) -> None:
        """WeChat could not deliver the message. Idempotent."""
        ...

    def confirm(self, openid: str, delivery: str, msgid: str) -> None:
        """The message arrived. Idempotent."""
        ...


type FindReminders = Callable[[], SubscriptionReminders | None]
"""None if the deployment has no message centre. They are made by their first use."""
