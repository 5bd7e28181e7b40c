"""What has come from WeChat: processed events and used nonces."""

from typing import Protocol


class ProcessedEvents(Protocol):
    """WeChat's events by key, kept for as long as WeChat may repeat them."""

    def has(self, key: str) -> bool: ...

    def add(self, key: str, kept_until: int) -> bool:
        """Whether the key is new. `kept_until` is in ms."""
        ...


class UsedNonces(Protocol):
    """The nonces of plain pushes, kept for as long as their signatures are valid."""

    def take(self, nonce: str, body: bytes, kept_until: int) -> bool:
        """Whether the nonce is new, or came with the same body before. `kept_until` is in ms. Raises StoreError."""
        ...
