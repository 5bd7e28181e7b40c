"""One message to one user: claim a permit, send, settle; then the next permit, where one was dead."""

import time
from collections.abc import Callable

from minipush.application.delivery.attempt import Attempt, may_go_again
from minipush.application.delivery.audience import skip_reason
from minipush.application.delivery.delivery import Delivery, RateGate, RetryPolicy
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.messenger import Messenger
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permits import Permit, delivery_of
from minipush.domain.users import User
from minipush.errors import DeliveryInDoubtError, LeaseLostError, StoreError


class Deliver:
    """What holds whatever fails: a permit goes into one delivery, a user gets a delivery at most once.

    `hold` takes those of whom WeChat says that nothing is left: what is to become of their permits is decided
    there. Without it WeChat is believed at once.
    """

    def __init__(
        self,
        ledger: Ledger,
        messenger: Messenger,
        turns: RateGate,
        clock: Clock,
        retry_policy: RetryPolicy,
        hold: Callable[[RefusedRecipient], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._messenger = messenger
        self._turns = turns
        self._clock = clock
        self._retry_policy = retry_policy
        self._hold = hold

    async def __call__(self, user: User, delivery: Delivery) -> Outcome:
        """Raises StoreError where the ledger can't be written before anything is sent.

        Raises LeaseLostError when another process has taken the delivery over.
        """
        in_doubt = user.claimed_for(delivery.id)
        if in_doubt:
            return await self._resume(user, in_doubt[0], delivery)
        if reason := skip_reason(user, delivery.message, delivery.frequency_cap, self._clock()):
            return Outcome(user.openid, Status.SKIPPED, reason)
        return await self._spend(user, delivery)

    async def _resume(self, user: User, permit: Permit, delivery: Delivery) -> Outcome:
        """An earlier try of this delivery died, having claimed this permit last."""
        openid = user.openid
        if not may_go_again(permit, delivery) or skip_reason(user, delivery.message, None, self._clock()):
            return Outcome(openid, Status.UNKNOWN, permit_kind=permit.kind)
        try:
            is_ours = await self._ledger.take_over(openid, permit, delivery.holder)
        except StoreError as error:
            raise DeliveryInDoubtError from error
        if not is_ours:
            raise LeaseLostError
        return await self._attempt(openid, permit, delivery, in_doubt=True).run()

    async def _spend(self, user: User, delivery: Delivery) -> Outcome:
        message = delivery.message
        outcome = Outcome(user.openid, Status.SKIPPED, Reason.NO_PERMIT)
        for permit in user.spendable(message.type.kinds, message.template_id, self._clock()):
            # The turn first: between the claim and the call nobody waits, for whoever dies there leaves doubt.
            if not await self._turns.acquire(delivery.is_over):
                return Outcome(user.openid, Status.FAILED, Reason.WECHAT_UNAVAILABLE, fault=Fault.PASSING)
            slot_at = time.monotonic()
            if not await self._claim(user.openid, permit, delivery):
                continue
            attempt = self._attempt(user.openid, permit, delivery, slot_at=slot_at)
            outcome = await attempt.run()
            if attempt.count_empty:
                await self._empty(RefusedRecipient(user, permit, delivery))
            if not attempt.permit_dead:
                break
        return outcome

    async def _empty(self, refused: RefusedRecipient) -> None:
        if self._hold:
            self._hold(refused)
        elif not await refused.invalidate_all(self._ledger, self._clock()):
            raise LeaseLostError

    async def _claim(self, openid: str, permit: Permit, delivery: Delivery) -> bool:
        try:
            holder = await self._ledger.claim(openid, permit, delivery.holder, self._clock())
        except StoreError:
            # The claim may have been written all the same, and nothing was sent on it.
            await self._ledger.give_back(openid, permit, delivery.holder)
            raise
        if holder and holder != delivery.holder and delivery_of(holder) == delivery.id:
            raise LeaseLostError
        return holder == delivery.holder

    def _attempt(
        self,
        openid: str,
        permit: Permit,
        delivery: Delivery,
        *,
        slot_at: float = 0.0,
        in_doubt: bool = False,
    ) -> Attempt:
        dependencies = (self._ledger, self._messenger, self._turns, self._retry_policy)
        return Attempt(*dependencies, openid, permit, delivery, slot_at=slot_at, in_doubt=in_doubt)
