"""One claimed permit, tried until it is settled.

A formId serves once, so it is its own idempotency key: when the answer to it is lost, the same formId goes
again, and 41029 (used up) means that an earlier try arrived. Nothing else settles it: whatever WeChat says
against the second try, the first may have come before it. The other kinds of permit have no such key: in
doubt means unknown, and never a second try, unless the message asks for one: then two at most.

An answer that says "not now" (busy, the minute's limit, 5xx) is believed, and the same permit goes again;
but when that comes to 41029, it was the earlier answer that was wrong. 43101 (nothing is left of the user's
count) may tell the same of a subscription, or not: unknown.
"""

import logging
import time
from dataclasses import dataclass

from minipush.application.delivery.delivery import Delivery, RateGate, RetryPolicy
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.messenger import Messenger
from minipush.domain.messages import Fault, MessageType, Outcome, Reason, Status
from minipush.domain.permits import Permit, PermitKind
from minipush.errors import LeaseLostError, StoreError
from minipush.wechat.errcodes import Reaction, reaction_to
from minipush.wechat.sender import Reply, Taken

logger = logging.getLogger(__name__)

USED_UP = 41029
AT_THE_SAME_TIME = 43108
# So often another's message to the same user is waited for: half a minute, if there is time.
WAITS = 10
# So long after a turn was given the call may still go out: a claim is written in between.
SLOT_VALID_SECONDS = 0.2
CLAIM_NOT_SETTLED = "a permit stays claimed"
# Each may reach the user once more.
SENDS_IN_DOUBT = 2

_FAULTS = {
    Reaction.BACK_OFF: Fault.PASSING,
    Reaction.PAUSE: Fault.ACCOUNT,
    Reaction.CAMPAIGN_FAIL: Fault.CAMPAIGN,
}


@dataclass(slots=True)
class Attempt:
    """`permit_dead` afterwards: WeChat refused the permit for good, and another may serve.

    `count_empty` afterwards: WeChat has nothing left of the user's count, and the permit is still claimed.
    `turn_at`: when (time.monotonic()) the first call was given its turn. `reached`: an earlier try of this
    permit got to WeChat.
    """

    ledger: Ledger
    messenger: Messenger
    turns: RateGate
    retry_policy: RetryPolicy
    openid: str
    permit: Permit
    delivery: Delivery
    slot_at: float = 0.0
    in_doubt: bool = False
    sends_in_doubt: int = 0
    has_lost_an_answer: bool = False
    reached: bool = False
    permit_dead: bool = False
    count_empty: bool = False

    async def run(self) -> Outcome:
        """Send until there is a final answer, no time, or a halt.

        Raises LeaseLostError when another has taken over the delivery.
        """
        reply: Reply | None = None
        tries = waits = 0
        while await self._has_a_turn():
            reply = await self._send()
            if reply.errcode == AT_THE_SAME_TIME:
                # For certain this one was not taken. Another goes first.
                waits += 1
                left, pause = WAITS - waits, self.retry_policy.pause(waits)
            else:
                tries += 1
                if outcome := await self._settle(reply, tries):
                    return outcome
                self.reached |= reply.reached
                left, pause = self.retry_policy.tries - tries, self.retry_policy.pause(tries)
            if not left or pause >= self.delivery.time_left:
                break
            await self.retry_policy.sleep(pause)
        return self._unknown(Fault.PASSING) if self.in_doubt else await self._not_sent(reply)

    async def _has_a_turn(self) -> bool:
        if self.delivery.is_over():
            return False
        given, self.slot_at = self.slot_at, 0.0
        if time.monotonic() < given + SLOT_VALID_SECONDS:
            return True
        return await self.turns.acquire(self.delivery.is_over)

    async def _send(self) -> Reply:
        timeout = min(self.retry_policy.answer_within, self.delivery.time_left)
        self.sends_in_doubt += self.in_doubt
        reply = await self.messenger.send(self.openid, self.permit, self.delivery.message, timeout)
        self.turns.observe(reply)
        return reply

    async def _settle(self, reply: Reply, tries: int) -> Outcome | None:
        if reply.taken is Taken.YES:
            return self._outcome(Status.SENT, msgid=reply.msgid)
        if self._is_a_receipt(reply) and (self.in_doubt or self.reached):
            return self._received(reply)
        if reply.taken is Taken.MAYBE:
            self.in_doubt = self.has_lost_an_answer = True
        elif reply.reaction is not Reaction.BACK_OFF or _is_hopeless(reply, tries):
            return await self._refused(reply)
        return self._unknown(Fault.LOST) if self.in_doubt and not self._may_go_again(tries) else None

    def _may_go_again(self, tries: int) -> bool:
        """In doubt. A formId may whenever there is time: its answer settles it, once there is one."""
        if self.permit.kind is PermitKind.FORM:
            return True
        is_left = tries < self.retry_policy.tries and self.sends_in_doubt < SENDS_IN_DOUBT
        return is_left and may_go_again(self.permit, self.delivery)

    def _received(self, reply: Reply) -> Outcome:
        """An earlier try has arrived, if this is the receipt for it. Only a formId's answer can't be anything else."""
        if self.permit.kind is PermitKind.FORM:
            return self._outcome(Status.SENT)
        if self.has_lost_an_answer:
            return self._unknown(Fault.LOST)
        return self._unknown(errcode=None if self.in_doubt else reply.errcode)

    @property
    def _is_a_subscription(self) -> bool:
        return self.permit.kind in MessageType.SUBSCRIBE.kinds

    def _is_a_receipt(self, reply: Reply) -> bool:
        """Whether this would be the answer if an earlier try had arrived."""
        if reply.errcode == USED_UP:
            return True
        return reply.reaction is Reaction.COUNT_EMPTY and self._is_a_subscription

    async def _refused(self, reply: Reply) -> Outcome:
        if self.in_doubt:
            return self._unknown(_FAULTS.get(reply.reaction), reply.errcode)
        if reply.reaction is Reaction.COUNT_EMPTY and self._is_a_subscription:
            self.count_empty = True
            return self._outcome(Status.FAILED, _reason(reply), reply.errcode)
        if reply.reaction in (Reaction.NEXT_PERMIT, Reaction.COUNT_EMPTY):
            return await self._permit_refused(reply)
        return await self._not_sent(reply)

    async def _permit_refused(self, reply: Reply) -> Outcome:
        self.permit_dead = True
        try:
            held = await self.ledger.invalidate(
                self.openid, self.permit, self.delivery.holder, reply.errcode or 0
            )
        except StoreError:
            held = True
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind})
        if not held:
            raise LeaseLostError
        return self._outcome(Status.FAILED, _reason(reply), reply.errcode)

    async def _not_sent(self, reply: Reply | None) -> Outcome:
        """What WeChat answered stands, also when the ledger can't be told of it."""
        try:
            await self.ledger.give_back(self.openid, self.permit, self.delivery.holder)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind})
        if reply is None:
            return self._outcome(Status.FAILED, _reason(reply), fault=Fault.PASSING)
        return self._outcome(Status.FAILED, _reason(reply), reply.errcode, _FAULTS.get(reply.reaction))

    def _unknown(self, fault: Fault | None = None, errcode: int | None = None) -> Outcome:
        return self._outcome(Status.UNKNOWN, errcode=errcode, fault=fault)

    def _outcome(
        self,
        status: Status,
        reason: Reason | None = None,
        errcode: int | None = None,
        fault: Fault | None = None,
        msgid: int | None = None,
    ) -> Outcome:
        return Outcome(self.openid, status, reason, errcode, self.permit.kind, fault, msgid)


def may_go_again(permit: Permit, delivery: Delivery) -> bool:
    """Whether the permit is sent again though an earlier try of it may have arrived."""
    return permit.kind is PermitKind.FORM or delivery.message.on_unknown == "retry"


def _reason(reply: Reply | None) -> Reason:
    return Reason(reply.reason) if reply and reply.reason else Reason.WECHAT_UNAVAILABLE


def _is_hopeless(reply: Reply, tries: int) -> bool:
    """Whether one more try was enough: for a code in no table, and for what is about this user alone."""
    if reply.errcode is None or tries == 1:
        return False
    code = reaction_to(reply.errcode)
    return not code.known or code.reason == Reason.REFUSED
