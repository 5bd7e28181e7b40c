"""One claimed permit, tried until the outcome is final.

A formId serves once, so it is its own idempotency key. If the answer to it is lost, the same formId is sent
again, and "used up" means that an earlier try arrived. No other answer settles the doubt: whatever WeChat says
to the second try, the first one may have arrived before it. Other kinds of permit are no such key. Their doubt
stays "unknown" and they are not sent again, unless the message asks for that: then twice at most.

"Not now" (busy, the minute's limit) is believed, and the same permit is sent again. If "used up" follows,
the earlier answer was wrong. "Nothing left" of a subscription may mean the same, or not: the outcome is unknown.
"""

import enum
import logging
import time
from dataclasses import dataclass
from typing import NamedTuple

from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.ports.channel import About, Retry, SendResult, Verdict
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permits import Permit
from minipush.errors import ClaimLostError, StoreError

logger = logging.getLogger(__name__)

CLAIM_NOT_SETTLED = "a claim could not be settled; the permit stays claimed"
# Each send in doubt may reach the user once more.
SENDS_IN_DOUBT = 2

_FAULTS = {About.ACCOUNT: Fault.ACCOUNT, About.CAMPAIGN: Fault.CAMPAIGN}


class NextStep(enum.Enum):
    """What to do after an attempt."""

    DONE = "done"
    TRY_NEXT_PERMIT = "try_next_permit"  # the permit is invalidated
    PERMITS_EXHAUSTED = "permits_exhausted"  # no permit of the user is left; this one is still claimed


class AttemptResult(NamedTuple):
    outcome: Outcome
    next_step: NextStep = NextStep.DONE


@dataclass(slots=True)
class Attempt:
    """`slot_at`: when (time.monotonic()) the first call got its slot. `in_doubt`: an earlier try may have arrived.

    `lost_answer`: the answer to one of the tries was lost. `reached`: an earlier try got to the provider.
    `answered_at`: when the last answer came, or failed to come (ms).
    """

    dependencies: DeliveryDependencies
    openid: str
    permit: Permit
    delivery: Delivery
    slot_at: float = 0.0
    in_doubt: bool = False
    tries: int = 0
    waits: int = 0
    sends_in_doubt: int = 0
    lost_answer: bool = False
    reached: bool = False
    answered_at: int | None = None

    async def run(self) -> AttemptResult:
        """Send until the outcome is final, time is up or the delivery is stopped.

        Raise ClaimLostError if another process has taken over the delivery.
        """
        result: SendResult | None = None
        while await self._has_slot():
            result = await self._send()
            if final := await self._settle(result):
                return final
            if not await self._pause(result):
                break
        if self.in_doubt:
            return self._unknown(Fault.TRANSIENT)
        return await self._not_sent(result)

    async def _has_slot(self) -> bool:
        if self.delivery.is_over():
            return False
        acquired, self.slot_at = self.slot_at, 0.0
        if time.monotonic() < acquired + self.dependencies.retry_policy.slot_valid:
            return True
        return await self.dependencies.rate_gate.acquire(self.delivery.is_over)

    async def _send(self) -> SendResult:
        timeout = min(self.dependencies.retry_policy.answer_within, self.delivery.time_left)
        self.sends_in_doubt += self.in_doubt
        message = self.delivery.message
        result = await self.dependencies.channel.send(self.openid, self.permit, message, timeout)
        self.answered_at = self.dependencies.clock()
        self.dependencies.rate_gate.observe(result)
        self.dependencies.doubt_limit.observe(result)
        return result

    async def _pause(self, result: SendResult) -> bool:
        """Wait before the next try. False if there is none: too many tries, or no time."""
        policy = self.dependencies.retry_policy
        if result.retry is Retry.WHEN_USER_IS_FREE:
            self.waits += 1
            left, pause = policy.waits - self.waits, policy.pause(self.waits)
        else:
            left, pause = policy.tries - self.tries, policy.pause(self.tries)
        if not left or pause >= self.delivery.time_left:
            return False
        await policy.sleep(pause)
        return True

    # ---- what a result means

    async def _settle(self, result: SendResult) -> AttemptResult | None:
        """The final result, or None if the permit may be sent again."""
        if result.verdict is Verdict.ACCEPTED:
            return AttemptResult(self._sent(result.msgid))
        if result.verdict is Verdict.REJECTED:
            _log(result, self.delivery)
        if result.retry is Retry.WHEN_USER_IS_FREE:
            # Rejected for certain because another message to this user is in progress; doesn't count as a try.
            return None
        self.tries += 1
        if result.used_up and (self.in_doubt or self.reached):
            return self._used_up(result)
        self.reached |= result.reached
        if result.verdict is Verdict.UNKNOWN:
            self.in_doubt = self.lost_answer = True
        elif result.retry is Retry.NEVER or (result.retry is Retry.ONCE and self.tries > 1):
            return await self._rejected(result)
        if self.in_doubt and not self._may_send_again():
            return self._unknown(Fault.LOST_ANSWER)
        return None

    def _may_send_again(self) -> bool:
        """In doubt. An idempotency key may be sent while there is time: an answer to it settles the doubt."""
        if self.permit.kind.is_idempotency_key:
            return True
        is_left = self.tries < self.dependencies.retry_policy.tries and self.sends_in_doubt < SENDS_IN_DOUBT
        return is_left and may_send_again(self.permit, self.delivery)

    def _used_up(self, result: SendResult) -> AttemptResult:
        """An earlier try may have used up the permit. Some kinds of permit prove it."""
        if self.permit.kind.used_up_proves_delivery:
            return AttemptResult(self._sent())
        if self.lost_answer:
            return self._unknown(Fault.LOST_ANSWER)
        return self._unknown(answer=None if self.in_doubt else result)

    async def _rejected(self, result: SendResult) -> AttemptResult:
        if self.in_doubt:
            return self._unknown(_fault(result), result)
        if result.about is About.ALL_PERMITS:
            return AttemptResult(self._failed(result), NextStep.PERMITS_EXHAUSTED)
        if result.about is About.PERMIT:
            await self._invalidate(result.errcode or 0)
            return AttemptResult(self._failed(result), NextStep.TRY_NEXT_PERMIT)
        return await self._not_sent(result)

    async def _invalidate(self, errcode: int) -> None:
        ledger, holder = self.dependencies.ledger, self.delivery.holder
        try:
            is_ours = await ledger.invalidate(self.openid, self.permit, holder, errcode)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind.name})
            return
        if not is_ours:
            raise ClaimLostError

    async def _not_sent(self, result: SendResult | None) -> AttemptResult:
        """Give the permit back. The outcome stands even if the ledger cannot be written."""
        try:
            await self.dependencies.ledger.give_back(self.openid, self.permit, self.delivery.holder)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind.name})
        if result is None:
            return AttemptResult(self._outcome(Status.FAILED, Reason.WECHAT_UNAVAILABLE, Fault.TRANSIENT))
        return AttemptResult(self._failed(result, _fault(result)))

    # ---- outcomes

    def _failed(self, result: SendResult, fault: Fault | None = None) -> Outcome:
        return self._outcome(Status.FAILED, result.reason, fault, result)

    def _unknown(self, fault: Fault | None = None, answer: SendResult | None = None) -> AttemptResult:
        return AttemptResult(self._outcome(Status.UNKNOWN, fault=fault, answer=answer))

    def _sent(self, msgid: int | None = None) -> Outcome:
        kind = self.permit.kind
        return Outcome(self.openid, Status.SENT, permit_kind=kind, msgid=msgid, at=self.answered_at)

    def _outcome(
        self,
        status: Status,
        reason: Reason | None = None,
        fault: Fault | None = None,
        answer: SendResult | None = None,
    ) -> Outcome:
        return Outcome(
            self.openid,
            status,
            reason,
            answer.errcode if answer else None,
            self.permit.kind,
            fault,
            errmsg=answer.errmsg if answer else None,
            rid=answer.rid if answer else None,
            permits_exhausted=answer is not None and answer.about is About.ALL_PERMITS,
            at=self.answered_at or self.dependencies.clock(),
        )


def may_send_again(permit: Permit, delivery: Delivery) -> bool:
    """Whether the permit may be sent again although an earlier try may have arrived."""
    return permit.kind.is_idempotency_key or delivery.message.on_unknown == "retry"


def _log(result: SendResult, delivery: Delivery) -> None:
    said: dict[str, object] = {"errcode": result.errcode, "errmsg": result.errmsg, "rid": result.rid}
    logger.info("the provider refused a message", extra={"delivery_id": delivery.id} | said)


def _fault(result: SendResult) -> Fault | None:
    """The fault of a rejection; None if it concerns the user or the message."""
    if result.retry is not Retry.NEVER:
        return Fault.TRANSIENT
    return _FAULTS.get(result.about) if result.about else None
