"""The same key within 24 hours does the work once and answers the same.

A process that dies half-way leaves its key without an answer. When its time is over, the work is done again under
the same id, so it must be work that goes on where it died.
"""

import hashlib
import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from minipush.application.ports.clock import Clock
from minipush.errors import IdempotencyKeyReusedError, RequestInProgressError, StoreError

KEPT_MS = 24 * 60 * 60 * 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What is kept for a key: the body's hash, the id of the work, and the answer when there is one.

    Until `lease_until` (ms) somebody does the work.
    """

    body: str
    work: str
    lease_until: int
    answer: dict[str, Any] | None = None


class IdempotencyStore(Protocol):
    def open(self, key: str, proposed: IdempotencyRecord, now: int, kept_until: int) -> IdempotencyRecord:
        """Keep what is proposed, if nothing is kept for the key; what is kept now."""
        ...

    def lease(self, key: str, kept: IdempotencyRecord, until: int) -> bool:
        """Move the lease of work without an answer; False when another has moved it."""
        ...

    def close(self, key: str, kept: IdempotencyRecord, answer: dict[str, Any]) -> None: ...

    def forget(self, key: str, kept: IdempotencyRecord) -> None:
        """Unless another has moved its lease."""
        ...


class Idempotency:
    def __init__(self, store: IdempotencyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(
        self,
        key: str,
        body: Any,
        lease_ms: int,
        work: Callable[[str], dict[str, Any]],
        undone: tuple[type[Exception], ...] = (),
    ) -> dict[str, Any]:
        """`work` takes its id and returns JSON; it must be over within `lease_ms`.

        What is `undone` says that nothing was done: the key is free again, for another body, too.
        Raises RequestInProgressError, IdempotencyKeyReusedError, StoreError, and what `work` raises.
        """
        now = self._clock()
        proposed = IdempotencyRecord(_hash(body), uuid.uuid4().hex, now + lease_ms)
        kept = self._store.open(key, proposed, now, now + KEPT_MS)
        if kept.body != proposed.body:
            raise IdempotencyKeyReusedError
        if kept.answer is not None:
            return kept.answer
        if kept.work != proposed.work:
            kept = self._take_over(key, kept, now, proposed.lease_until)
        return self._do(key, kept, work, undone)

    def _take_over(self, key: str, kept: IdempotencyRecord, now: int, lease_until: int) -> IdempotencyRecord:
        if kept.lease_until > now or not self._store.lease(key, kept, lease_until):
            raise RequestInProgressError
        return replace(kept, lease_until=lease_until)

    def _do(
        self,
        key: str,
        kept: IdempotencyRecord,
        work: Callable[[str], dict[str, Any]],
        undone: tuple[type[Exception], ...],
    ) -> dict[str, Any]:
        try:
            answer = work(kept.work)
        except undone:
            self._quietly(lambda: self._store.forget(key, kept))
            raise
        except Exception:
            # It can be taken up at once: nobody does it any longer.
            self._quietly(lambda: self._store.lease(key, kept, 0))
            raise
        self._quietly(lambda: self._store.close(key, kept, answer))
        return answer

    def _quietly(self, note: Callable[[], object]) -> None:
        """What was done stands, also when it can't be noted: the work, done again, comes to the same."""
        try:
            note()
        except StoreError:
            logger.exception("an answer could not be kept")


def _hash(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
