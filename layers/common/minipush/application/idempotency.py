"""The same key within 24 hours does the work once and returns the same answer.

A process that dies half-way leaves its key without an answer. When its lease has expired, the work runs again under
the same id, so the work has to continue where it died.
"""

import hashlib
import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from minipush.application.ports.clock import Clock
from minipush.application.ports.idempotency import IdempotencyRecord, IdempotencyStore
from minipush.errors import (
    IdempotencyKeyReusedError,
    RejectedRequestError,
    RequestInProgressError,
    SendingOffError,
    StoreError,
)

RECORD_KEPT_MS = 24 * 60 * 60 * 1000

logger = logging.getLogger(__name__)

type Work = Callable[[str], dict[str, Any]]
"""Takes its id and returns JSON. Under the same id, it continues where an earlier run died."""


class Idempotency:
    """`new_work` makes ids of works."""

    def __init__(
        self, store: IdempotencyStore, clock: Clock, new_work: Callable[[], str] = lambda: uuid.uuid4().hex
    ) -> None:
        self._store = store
        self._clock = clock
        self.new_work = new_work

    def __call__(
        self, key: str, body: Any, lease_ms: int, work: Work, release_on: tuple[type[Exception], ...] = ()
    ) -> dict[str, Any]:
        """`work` must end within `lease_ms`.

        A RejectedRequestError or SendingOffError of the first try means that nothing was done: the key is free
        again, also for another body. After a later try it is not, because an earlier one may have done a part and died. An
        exception of `release_on` means at any try that nothing was done. Raises RequestInProgressError, IdempotencyKeyReusedError, StoreError, and what `work` raises.
        """
        now = self._clock()
        proposed = IdempotencyRecord(_hash(body), self.new_work(), now + lease_ms)
        kept = self._store.open(key, proposed, now, now + RECORD_KEPT_MS)
        if kept.body != proposed.body:
            raise IdempotencyKeyReusedError
        if kept.answer is not None:
            return kept.answer
        if kept.work != proposed.work:
            kept = self._take_over(key, kept, now, proposed.lease_until)
            return self._do(key, kept, work, release_on)
        return self._do(key, kept, work, (RejectedRequestError, SendingOffError, *release_on))

    def _take_over(self, key: str, kept: IdempotencyRecord, now: int, lease_until: int) -> IdempotencyRecord:
        if kept.lease_until > now or not self._store.lease(key, kept, lease_until):
            raise RequestInProgressError
        return replace(kept, lease_until=lease_until)

    def _do(
        self, key: str, kept: IdempotencyRecord, work: Work, release_on: tuple[type[Exception], ...]
    ) -> dict[str, Any]:
        try:
            answer = work(kept.work)
        except release_on:
            self._try(lambda: self._store.forget(key, kept))
            raise
        except Exception:
            # End the lease, so that a repeat can continue the work at once.
            self._try(lambda: self._store.lease(key, kept, 0))
            raise
        self._try(lambda: self._store.close(key, kept, answer))
        return answer

    def _try(self, write: Callable[[], object]) -> None:
        """The work's effect stands when the record can't be written: running it again has the same result."""
        try:
            write()
        except StoreError:
            logger.exception("an answer could not be stored")


def _hash(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
