"""Which of WeChat's events have been processed."""

from typing import Protocol


class ProcessedEvents(Protocol):
    """WeChat's events by key, kept for as long as WeChat may repeat them."""

    def has(self, key: str) -> bool: ...

    def add(self, key: str, kept_until: int) -> bool:
        """Whether the key is new. `kept_until` is in ms."""
        ...
