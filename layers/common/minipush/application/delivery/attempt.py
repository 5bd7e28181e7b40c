"""One permit, tried until the outcome is final.

The permit is claimed only when a call can go out: what the call needs (a token) and its slot are in hand. A claim
does not outlive a definite "no": while the permit waits for its next try or for another token, it is given back, and
then claimed anew.
So a process that dies leaves no user in doubt whom the provider never saw a call for.

A formId serves once, so it is its own idempotency key. If the answer to it is lost, the same formId is sent
again, and "used up" means that an earlier try arrived. No other answer settles the doubt: whatever WeChat says
to the second try, the first one may have arrived before it. A message of the official account has a key of its own,
which WeChat remembers for some minutes. Other kinds of permit are no such key. Their doubt
stays "unknown" and they are not sent again, unless the message asks for that: then twice at most.

"Not now" (busy, the minute's limit) is believed, and the same permit is sent again. If "used up" follows,
the earlier answer was wrong. "Nothing left" of a subscription may mean the same, or not: the outcome is unknown.
A formId that may have arrived stays claimed in the pauses, because only the same formId can tell.
"""

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field

from minipush.application.delivery.attempt_result import AttemptResult, NextStep, explained, fault_of
from minipush.application.delivery.claims import claim, give_back, invalidate
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.retries import Retries
from minipush.application.ports.channel import About, Retry, SendResult, Verdict
from minipush.domain.ids import user_hash
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permits import Permit

logger = logging.getLogger(__name__)

# After that, `send` itself gets what it needs.
MOST_PREPARATIONS = 10


@dataclass(slots=True)
class Attempt:
    """`slot_at`: when (time.monotonic()) the next call got its slot. If another delivery has the permit, the slot is
    left to the user's next permit. `in_doubt`: an earlier try may have arrived. `is_claimed`: for this delivery.
    `may_be_claimed`: it could not be given back. `is_taken`: another delivery has the permit. `lost_answer`: the answer
    to one of the tries was lost. `reached`: an earlier try got to the provider. `answered_at`: when the last answer
    came, or failed to come (ms); 0 before.
    """

    dependencies: DeliveryDependencies
    openid: str
    permit: Permit
    delivery: Delivery
    slot_at: float = -math.inf
    in_doubt: bool = False
    is_claimed: bool = False
    may_be_claimed: bool = False
    is_taken: bool = False
    preparations: int = 0
    lost_answer: bool = False
    reached: bool = False
    answered_at: int = 0
    retries: Retries = field(init=False)

    def __post_init__(self) -> None:
        self.retries = Retries(self.dependencies.retry_policy, self.permit)

    async def run(self) -> AttemptResult:
        """Send until the outcome is final, time is up or the delivery is stopped.

        Raise ClaimLostError if another process has taken over the delivery, StoreError if the permit cannot be
        claimed.
        """
        last: SendResult | None = None
        while result := await self._try():
            last = result
            if final := await self._settle(result):
                return final
            if not await self._pause(result):
                break
        if self.is_taken:
            return AttemptResult(None, NextStep.PERMIT_TAKEN)
        if self.in_doubt:
            return self._unknown(Fault.TRANSIENT)
        return await self._not_sent(last)

    async def _try(self) -> SendResult | None:
        """One call. None if it may not go out: no time is left, or another delivery has the permit."""
        while not self._is_ready():
            if refused := await self._prepare():
                return refused
        if not self._has_slot() and not await self._acquire_slot():
            return None
        if not self._is_ready():
            return await self._try()  # the wait for the slot outlasted the token
        is_ours = self.is_claimed or await self._claim()
        if not is_ours or self.delivery.is_over() or not (self._has_slot() or await self._acquire_slot()):
            return None
        if not self._is_ready():
            await self._give_back_meanwhile()
            return await self._try()  # the token was refused during the claim
        return await self._send()

    def _has_slot(self) -> bool:
        return time.monotonic() < self.slot_at + self.dependencies.retry_policy.slot_valid

    async def _acquire_slot(self) -> bool:
        """With a claim, the user is in doubt if the process dies: then the wait is short."""
        is_over, comes_first = self.delivery.is_over, self.is_claimed
        is_acquired = await self.dependencies.rate_gate.acquire(is_over, comes_first=comes_first)
        self.slot_at = time.monotonic()
        return is_acquired

    def _is_ready(self) -> bool:
        is_ready = self.dependencies.channel.is_ready(self.delivery.message)
        return is_ready or self.preparations >= MOST_PREPARATIONS

    async def _prepare(self) -> SendResult | None:
        self.preparations += 1
        # What is under way may have ended without its callbacks having run yet.
        await asyncio.sleep(0)
        refused = await self.dependencies.channel.prepare(self.delivery.message, self._timeout)
        return refused and explained(refused, self.retries.token_refusal)

    async def _claim(self) -> bool:
        self.is_claimed = await claim(self.dependencies, self.openid, self.permit, self.delivery)
        self.is_taken = not self.is_claimed
        return self.is_claimed

    @property
    def _timeout(self) -> float:
        return min(self.dependencies.retry_policy.answer_within, self.delivery.time_left)

    async def _send(self) -> SendResult:
        self.slot_at = -math.inf
        self.retries.sends_in_doubt += self.in_doubt
        message = self.delivery.message
        result = await self.dependencies.channel.send(
            self.openid, self.permit, message, self._timeout, self.delivery.id
        )
        self.answered_at = self.dependencies.clock()
        self.dependencies.rate_gate.observe(result)
        self.dependencies.doubt_limit.observe(result)
        return result

    async def _pause(self, result: SendResult) -> bool:
        """Wait before the next try. False if there is none: too many tries, or no time."""
        if self.retries.token_refusal:
            await self._give_back_meanwhile()
            return True
        pause = self.retries.pause_after(result, self.answered_at)
        if pause is None or pause >= self.delivery.time_left:
            return False
        await self._give_back_meanwhile()
        await self.dependencies.retry_policy.sleep(pause)
        return True

    async def _give_back_meanwhile(self) -> None:
        is_needed_as_proof = self.permit.kind.is_idempotency_key and self.reached
        if self.is_claimed and not self.in_doubt and not is_needed_as_proof:
            # It is no longer ours for certain, also if that failed: the answer to it may have been lost.
            self.may_be_claimed = not await give_back(
                self.dependencies, self.openid, self.permit, self.delivery
            )
            self.is_claimed = False

    # ---- what a result means

    async def _settle(self, result: SendResult) -> AttemptResult | None:
        """The final result, or None if the permit may be sent again."""
        if result.verdict is Verdict.ACCEPTED:
            return AttemptResult(self._sent(result.msgid))
        if result.verdict is Verdict.REJECTED:
            _log(result, self.openid, self.delivery)
        retries = self.retries
        if retries.needs_other_token(result) or retries.is_wait(result, self.answered_at):
            return None
        if result.retry is Retry.WHEN_READY:
            result = result._replace(retry=Retry.NEVER)  # two tokens in a row were refused
        retries.tries += 1
        if result.used_up and (self.in_doubt or self.reached):
            return self._used_up(result)
        self.reached |= result.reached
        if result.verdict is Verdict.UNKNOWN:
            self.in_doubt = self.lost_answer = True
            retries.note_doubt(self.answered_at)
        elif result.retry is Retry.NEVER or (result.retry is Retry.ONCE and retries.tries > 1):
            return await self._rejected(result)
        if self.in_doubt and not retries.may_settle_doubt(self.delivery, self.answered_at):
            return self._unknown(Fault.LOST_ANSWER)
        return None

    def _used_up(self, result: SendResult) -> AttemptResult:
        """An earlier try may have used up the permit. Some kinds of permit prove it."""
        if self.permit.kind.used_up_proves_delivery:
            return AttemptResult(self._sent())
        if self.lost_answer:
            return self._unknown(Fault.LOST_ANSWER)
        return self._unknown(answer=None if self.in_doubt else result)

    async def _rejected(self, result: SendResult) -> AttemptResult:
        if self.in_doubt:
            return self._unknown(fault_of(result), result)
        if result.about is About.ALL_PERMITS:
            return AttemptResult(self._failed(result), NextStep.PERMITS_EXHAUSTED)
        if result.about is About.PERMIT:
            await invalidate(self.dependencies, self.openid, self.permit, self.delivery, result.errcode or 0)
            next_step = NextStep.PERMIT_UNKNOWN if result.not_found else NextStep.PERMIT_INVALIDATED
            return AttemptResult(self._failed(result), next_step)
        return await self._not_sent(result)

    async def _not_sent(self, result: SendResult | None) -> AttemptResult:
        """Give the permit back. The outcome stands even if the ledger cannot be written."""
        if self.is_claimed or self.may_be_claimed:
            await give_back(self.dependencies, self.openid, self.permit, self.delivery)
        if result is None or self.retries.is_too_early(result, self.answered_at):
            unavailable = self._outcome(Status.FAILED, Reason.WECHAT_UNAVAILABLE, Fault.TRANSIENT, result)
            return AttemptResult(unavailable)
        return AttemptResult(self._failed(result, fault_of(result)))

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


def _log(result: SendResult, openid: str, delivery: Delivery) -> None:
    said: dict[str, object] = {"errcode": result.errcode, "errmsg": result.errmsg, "rid": result.rid}
    why = {"reason": result.reason, "about": result.about.value if result.about else None}
    about = {"delivery_id": delivery.id, "user": user_hash(openid)}
    logger.info("the provider refused a message", extra=about | why | said)
