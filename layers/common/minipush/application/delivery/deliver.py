"""One message to one user: try the permits, one after the other, until one serves."""

import math
from collections.abc import Callable

from minipush.application.delivery.attempt import Attempt
from minipush.application.delivery.attempt_result import NextStep
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.invalid_permits import invalidate_unproven, without_other_uses
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.delivery.report_unknown import report_unknown
from minipush.application.delivery.retries import may_send_again
from minipush.domain.deliveries import DeliveryId
from minipush.domain.eligibility import missing_permit_reason, skip_reason
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permit_kinds import as_synced
from minipush.domain.permits import Permit
from minipush.domain.users import User
from minipush.errors import ClaimLostError, DeliveryInDoubtError, StoreError


class Deliver:
    """Two promises hold whatever fails: a permit serves one delivery, and a user gets a delivery at most once.

    `defer` takes the recipients without a valid permit and decides later what becomes of their permits: a guard
    against refusals that are not true. Without it, the provider is believed at once.
    """

    def __init__(
        self, dependencies: DeliveryDependencies, defer: Callable[[RefusedRecipient], None] | None = None
    ) -> None:
        self._dependencies = dependencies
        self._ledger = dependencies.ledger
        self._clock = dependencies.clock
        self._most_tried = dependencies.retry_policy.permits
        self._doubt_limit = dependencies.doubt_limit
        self._defer = defer

    async def __call__(self, user: User, delivery: Delivery) -> Outcome:
        """Raise StoreError if no permit can be claimed. Nothing is sent then.

        Raise ClaimLostError if another process has taken over the delivery.
        """
        in_doubt = user.claimed_for(delivery.id)
        if in_doubt:
            return await self._resume(user, in_doubt[0], delivery)
        if self._doubt_limit.is_reached() and not await self._doubt_limit.wait(delivery.is_over):
            return self._not_begun(user)
        now = self._clock()
        if reason := skip_reason(user, delivery.message, delivery.frequency_cap, now):
            return Outcome(user.openid, Status.SKIPPED, reason, at=now)
        self._doubt_limit.begin()
        try:
            return await self._spend(user, delivery, now)
        finally:
            self._doubt_limit.end()

    async def send_again(self, refused: RefusedRecipient) -> Outcome | None:
        """Send once more on the permit that was refused. None if it is refused again: then it stays claimed.

        Raise StoreError and ClaimLostError as a delivery does.
        """
        openid, permit, delivery = refused.user.openid, refused.permit, refused.delivery
        attempt = Attempt(self._dependencies, openid, permit, delivery, is_claimed=True)
        outcome, next_step = await attempt.run()
        if next_step is NextStep.PERMITS_EXHAUSTED:
            return None
        return await self._reported(permit, delivery, outcome or self._not_begun(refused.user))

    async def _resume(self, user: User, permit: Permit, delivery: Delivery) -> Outcome:
        """Continue an earlier try of this delivery. Its process died after it had claimed this permit."""
        openid, claim = user.openid, permit.claim
        unknown = Outcome(openid, Status.UNKNOWN, permit_kind=permit.kind, at=self._clock())
        if (
            (claim and claim.known_msgid)
            or not may_send_again(permit, delivery, self._clock())
            or skip_reason(user, delivery.message, None, self._clock())
        ):
            return await report_unknown(self._ledger, permit, claim.holder if claim else "", unknown)
        try:
            is_ours = await self._ledger.take_over(openid, permit, delivery.holder)
        except StoreError as error:
            raise DeliveryInDoubtError from error
        if not is_ours:
            raise ClaimLostError
        attempt = Attempt(self._dependencies, openid, permit, delivery, in_doubt=True, is_claimed=True)
        outcome, _ = await attempt.run()
        return await self._reported(permit, delivery, outcome or self._not_begun(user))

    async def _spend(self, user: User, delivery: Delivery, now: int) -> Outcome:
        message = delivery.message
        outcome: Outcome | None = None
        waiting = user.spendable(message.type.permit_kinds, message.template_id, now)
        left, unknown, slot_at = self._most_tried, 0, -math.inf
        while waiting and left:
            # The last try is on the newest permit: with it, both ends of the list are known.
            permit = as_synced(waiting.pop(0 if left > 1 else -1), delivery.is_long_term)
            attempt = Attempt(self._dependencies, user.openid, permit, delivery, slot_at)
            tried, next_step = await attempt.run()
            outcome, slot_at = tried or outcome, attempt.slot_at
            if not outcome or next_step is NextStep.PERMIT_TAKEN:
                continue
            if next_step is NextStep.PERMITS_EXHAUSTED:
                await self._refuse(RefusedRecipient(user, permit, delivery, outcome.errcode or 0))
            if next_step in (NextStep.DONE, NextStep.PERMITS_EXHAUSTED):
                return await self._reported(permit, delivery, outcome)
            left, unknown = left - 1, unknown + (next_step is NextStep.PERMIT_UNKNOWN)
            waiting = await without_other_uses(self._dependencies, permit, waiting, delivery, outcome)
        if outcome is None:
            return Outcome(user.openid, Status.SKIPPED, missing_permit_reason(user, message), at=now)
        if unknown == self._most_tried:
            await invalidate_unproven(self._dependencies, user, waiting, delivery, outcome)
        return outcome

    async def _reported(self, permit: Permit, delivery: Delivery, outcome: Outcome) -> Outcome:
        """An unknown outcome is noted at the claim, which is this process's.

        A campaign's next worker may send what could not be sent again now: that outcome isn't final.
        """
        if outcome.status is not Status.UNKNOWN or (
            outcome.may_be_sent_later and DeliveryId(delivery.id).campaign_id
        ):
            return outcome
        return await report_unknown(self._ledger, permit._replace(claim=None), delivery.holder, outcome)

    def _not_begun(self, user: User) -> Outcome:
        reason, fault = Reason.WECHAT_UNAVAILABLE, Fault.TRANSIENT
        return Outcome(user.openid, Status.FAILED, reason, fault=fault, at=self._clock())

    async def _refuse(self, refused: RefusedRecipient) -> None:
        if self._defer:
            self._defer(refused)
        elif not await refused.invalidate_all(self._ledger, self._clock()):
            raise ClaimLostError
