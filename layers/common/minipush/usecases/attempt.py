"""One claimed permit, tried until it is settled.

A formId serves once, so it is its own idempotency key: when the answer to it is lost, the same formId goes
again, and 41029 (used up) means that the first try arrived. The other kinds of permit have no such key: in
doubt means unknown, and never a second try.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.permits import Kind, Permit
from minipush.usecases.ports import Clock, Ledger, Messenger, StoreError
from minipush.wechat.codes import Reaction, reaction_to
from minipush.wechat.sends import Reply, Taken

logger = logging.getLogger(__name__)

WRONG_OR_EXPIRED = 41028
USED_UP = 41029
EDGE_OF_EXPIRY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try one permit: pauses in seconds, doubling, with jitter."""

    tries: int = 6
    first_pause: float = 0.2
    answer_within: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def pause(self, tries: int) -> float:
        return self.first_pause * 2.0 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` ties claims to it; claims with this id made before `since` (ms) belong to an older delivery.

    `deadline` is on time.monotonic().
    """

    id: str
    message: Message
    since: int
    deadline: float

    @property
    def time_left(self) -> float:
        return self.deadline - time.monotonic()


@dataclass(slots=True)
class Attempt:
    ledger: Ledger
    messenger: Messenger
    clock: Clock
    patience: Patience
    openid: str
    permit: Permit
    delivery: Delivery
    in_doubt: bool = False

    async def run(self) -> Outcome:
        """Send until there is a final answer or no time; `failed` with `no_permit`: the permit was dead."""
        reply: Reply | None = None
        for tries in range(1, self.patience.tries + 1):
            if self.delivery.time_left <= 0:
                break
            reply = await self._send()
            outcome = await self._settle(reply, tries)
            if outcome:
                return outcome
            pause = self.patience.pause(tries)
            if tries == self.patience.tries or pause >= self.delivery.time_left:
                break
            await self.patience.sleep(pause)
        return self._unknown() if self.in_doubt else await self._not_sent(reply)

    async def _send(self) -> Reply:
        timeout = min(self.patience.answer_within, self.delivery.time_left)
        return await self.messenger.send(self.openid, self.permit, self.delivery.message, timeout)

    async def _settle(self, reply: Reply, tries: int) -> Outcome | None:
        if reply.taken is Taken.YES:
            return self._outcome(Status.SENT)
        if reply.taken is Taken.MAYBE:
            self.in_doubt = True
            return None if self.permit.kind is Kind.FORM else self._unknown()
        if reply.reaction is Reaction.NEXT_PERMIT:
            return await self._permit_refused(reply)
        if reply.reaction is Reaction.BACK_OFF and not _is_unheard_of(reply, tries):
            return None
        return self._unknown() if self.in_doubt else await self._not_sent(reply)

    async def _permit_refused(self, reply: Reply) -> Outcome:
        if self.in_doubt and reply.errcode == USED_UP:
            return self._outcome(Status.SENT)
        if self.in_doubt and self._may_have_expired_meanwhile():
            return self._unknown()
        await self._note(
            self.ledger.bury(self.openid, self.permit, self.delivery.id, reply.errcode or WRONG_OR_EXPIRED)
        )
        return self._outcome(Status.FAILED, Reason.NO_PERMIT, reply.errcode)

    async def _note(self, settling: Awaitable[None]) -> None:
        """What WeChat answered stands, also when the ledger can't be told of it."""
        try:
            await settling
        except StoreError:
            logger.exception("a permit stays claimed", extra={"permit_kind": self.permit.kind})

    def _may_have_expired_meanwhile(self) -> bool:
        return self.permit.is_expired(self.clock() + EDGE_OF_EXPIRY_MS)

    async def _not_sent(self, reply: Reply | None) -> Outcome:
        await self._note(self.ledger.give_back(self.openid, self.permit, self.delivery.id))
        reason = Reason(reply.reason) if reply and reply.reason else Reason.WECHAT_UNAVAILABLE
        return self._outcome(Status.FAILED, reason, reply.errcode if reply else None)

    def _unknown(self) -> Outcome:
        return self._outcome(Status.UNKNOWN)

    def _outcome(self, status: Status, reason: Reason | None = None, errcode: int | None = None) -> Outcome:
        return Outcome(self.openid, status, reason, errcode, self.permit.kind)


def _is_unheard_of(reply: Reply, tries: int) -> bool:
    """A code in no table gets one more try, then counts as a refusal of the message."""
    return reply.errcode is not None and tries > 1 and not reaction_to(reply.errcode).known
