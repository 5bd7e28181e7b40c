"""What is stored of a user that has a time."""

from typing import Protocol

from minipush.domain.timelines import UserHistory


class HistoryStore(Protocol):
    def read(self, openid: str) -> UserHistory:
        """Read the user's partition. Raises StoreError."""
        ...
