"""A direct send: one message to a few users, now."""

import asyncio

from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.users import User, is_openid
from minipush.usecases.attempt import Delivery
from minipush.usecases.deliver import Deliver
from minipush.usecases.ports import Clock, UserStore

# Longer than an Idempotency-Key lives, shorter than two of them.
SAME_DELIVERY_MS = 25 * 60 * 60 * 1000


class SendMessages:
    def __init__(self, users: UserStore, deliver: Deliver, clock: Clock) -> None:
        self._users = users
        self._deliver = deliver
        self._clock = clock

    async def __call__(
        self, openids: list[str], message: Message, delivery_id: str, deadline: float
    ) -> list[Outcome]:
        """An outcome for each openid, in the order asked; one asked twice is sent to once.

        The same `delivery_id` again goes on where an earlier try died. `deadline` is on time.monotonic().
        """
        delivery = Delivery(delivery_id, message, self._clock() - SAME_DELIVERY_MS, deadline)
        known = await asyncio.to_thread(self._users.read_many, {o for o in openids if is_openid(o)})
        by_openid = await self._to_all(list(known.values()), delivery)
        return [by_openid.get(openid) or _invalid(openid) for openid in openids]

    async def _to_all(self, users: list[User], delivery: Delivery) -> dict[str, Outcome]:
        """Where the ledger fails for one user, the others are sent to before the error comes out."""
        deliveries = (self._deliver(user, delivery) for user in users)
        outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return {outcome.openid: outcome for outcome in outcomes if isinstance(outcome, Outcome)}


def _invalid(openid: str) -> Outcome:
    return Outcome(openid, Status.FAILED, Reason.INVALID_OPENID)
