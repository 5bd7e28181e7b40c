"""Sends one batch: a delivery to each user, all at once."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from minipush.application.campaigns.worker.all_at_once import all_at_once
from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor
from minipush.application.campaigns.worker.recipient_batches import RecipientBatch
from minipush.application.campaigns.worker.refusal_guard import RefusalGuard
from minipush.application.campaigns.worker.segment_lease import StopReason
from minipush.application.campaigns.worker.stop_controller import StopController
from minipush.application.delivery.delivery import Delivery
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.users import User
from minipush.errors import ClaimLostError, StoreError

logger = logging.getLogger(__name__)

type DeliverToUser = Callable[[User, Delivery], Coroutine[Any, Any, Outcome]]
"""Raises StoreError, ClaimLostError."""


class BatchSender:
    def __init__(
        self,
        *,
        deliver: DeliverToUser,
        delivery: Delivery,
        refusal_guard: RefusalGuard,
        error_rate: ErrorRateMonitor,
        stops: StopController,
    ) -> None:
        self._deliver = deliver
        self._delivery = delivery
        self._refusal_guard = refusal_guard
        self._error_rate = error_rate
        self._stops = stops

    async def send(self, batch: RecipientBatch) -> list[Outcome]:
        """One outcome for each recipient of the batch that an earlier worker hadn't settled."""
        results = await all_at_once(self._deliver(user, self._delivery) for user in batch.users)
        return [*batch.outcomes_without_send, *map(self._outcome, batch.users, results)]

    def _outcome(self, user: User, result: Outcome | BaseException) -> Outcome:
        if not isinstance(result, Outcome):
            return self._failed(user, result)
        return self._judged(result)

    def _failed(self, user: User, result: BaseException) -> Outcome:
        if isinstance(result, StoreError | ClaimLostError):
            self._stops.stop_for(result)
            return Outcome(user.openid, Status.FAILED, Reason.WECHAT_UNAVAILABLE, fault=Fault.TRANSIENT)
        if not isinstance(result, Exception):
            raise result
        # One user's data must not block the others. The message may have been sent.
        logger.error("a delivery raised an unexpected error", exc_info=result)
        return self._judged(Outcome(user.openid, Status.UNKNOWN, fault=Fault.LOST_ANSWER))

    def _judged(self, result: Outcome) -> Outcome:
        if self._refusal_guard.record(result):
            self._stops.stop(StopReason.REFUSALS)
        self._stops.judge(self._error_rate, result)
        return result
