"""Idempotency keys and what is stored for them."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What is stored for a key: the body's hash, the id of the work, and the answer once there is one.

    A process does the work until `lease_until` (ms).
    """

    body: str
    work: str
    lease_until: int
    answer: dict[str, Any] | None = None


class IdempotencyStore(Protocol):
    def open(self, key: str, proposed: IdempotencyRecord, now: int, kept_until: int) -> IdempotencyRecord:
        """Store the proposed record unless the key has one. Returns the record that the key has now."""
        ...

    def lease(self, key: str, kept: IdempotencyRecord, until: int) -> bool:
        """Extend the lease of work without an answer; False where another process has changed it."""
        ...

    def close(self, key: str, kept: IdempotencyRecord, answer: dict[str, Any]) -> None: ...

    def forget(self, key: str, kept: IdempotencyRecord) -> None:
        """Delete the record, unless another process has changed its lease."""
        ...
