"""Which of WeChat's events are processed already."""

from typing import Protocol


class ProcessedEvents(Protocol):
    """WeChat's events by key, for as long as WeChat may repeat them."""

    def has(self, key: str) -> bool: ...

    def add(self, key: str, kept_until: int) -> bool:
        """Whether it is new. `kept_until` in ms."""
        ...
