"""One message to one user: claim a permit, send, settle; then the next permit, where one was dead."""

from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.permits import Kind, Permit
from minipush.domain.users import User
from minipush.usecases.attempt import Attempt, Delivery, Patience
from minipush.usecases.ports import Clock, Ledger, Messenger, StoreError


class Deliver:
    """What holds whatever fails: a permit goes into one delivery, a user gets a delivery at most once."""

    def __init__(self, ledger: Ledger, messenger: Messenger, clock: Clock, patience: Patience) -> None:
        self._ledger = ledger
        self._messenger = messenger
        self._clock = clock
        self._patience = patience

    async def __call__(self, user: User, delivery: Delivery) -> Outcome:
        """Raises StoreError where the ledger can't be written before anything was sent."""
        in_doubt = user.claimed_for(delivery.id)
        if in_doubt:
            return await self._resume(user.openid, in_doubt[0], delivery)
        if reason := self._why_not(user, delivery.message):
            return Outcome(user.openid, Status.SKIPPED, reason)
        return await self._spend(user, delivery)

    def _why_not(self, user: User, message: Message) -> Reason | None:
        if message.essential:
            return None
        if user.settings.opt_out:
            return Reason.OPTED_OUT
        quiet = user.settings.quiet_hours
        return Reason.QUIET_HOURS if quiet and quiet.cover(self._clock()) else None

    async def _resume(self, openid: str, permit: Permit, delivery: Delivery) -> Outcome:
        """An earlier try of this delivery died, having claimed this permit last."""
        if permit.kind is not Kind.FORM:
            return Outcome(openid, Status.UNKNOWN, permit_kind=permit.kind)
        return await self._attempt(openid, permit, delivery, in_doubt=True).run()

    async def _spend(self, user: User, delivery: Delivery) -> Outcome:
        message = delivery.message
        outcome = Outcome(user.openid, Status.SKIPPED, Reason.NO_PERMIT)
        for permit in user.spendable(message.type.kinds, message.template_id, self._clock()):
            if not await self._claim(user.openid, permit, delivery):
                continue
            attempt = self._attempt(user.openid, permit, delivery)
            outcome = await attempt.run()
            if not attempt.permit_dead:
                break
        return outcome

    async def _claim(self, openid: str, permit: Permit, delivery: Delivery) -> bool:
        try:
            return await self._ledger.claim(openid, permit, delivery.id, self._clock())
        except StoreError:
            # The claim may have been written all the same, and nothing was sent on it.
            await self._ledger.give_back(openid, permit, delivery.id)
            raise

    def _attempt(self, openid: str, permit: Permit, delivery: Delivery, *, in_doubt: bool = False) -> Attempt:
        return Attempt(
            self._ledger, self._messenger, self._patience, openid, permit, delivery, in_doubt=in_doubt
        )
