"""One message to one user: claim a permit, send, settle; then the next permit, where one was dead."""

from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.permits import Kind, Permit
from minipush.domain.users import User
from minipush.usecases.attempt import Attempt, Delivery, Patience
from minipush.usecases.ports import Clock, Ledger, Messenger


class Deliver:
    """What holds whatever fails: a permit goes into one delivery, a user gets a delivery at most once."""

    def __init__(self, ledger: Ledger, messenger: Messenger, clock: Clock, patience: Patience) -> None:
        self._ledger = ledger
        self._messenger = messenger
        self._clock = clock
        self._patience = patience

    async def __call__(self, user: User, delivery: Delivery) -> Outcome:
        earlier = user.claimed_for(delivery.id, delivery.since)
        if earlier:
            outcome = await self._resume(user.openid, earlier, delivery)
        else:
            outcome = Outcome(user.openid, Status.SKIPPED, self._why_not(user, delivery.message))
        if outcome.reason is not Reason.NO_PERMIT:
            return outcome
        return await self._spend(user, delivery, outcome)

    def _why_not(self, user: User, message: Message) -> Reason:
        """NO_PERMIT where nothing but a permit is wanting."""
        if message.essential:
            return Reason.NO_PERMIT
        if user.settings.opt_out:
            return Reason.OPTED_OUT
        quiet = user.settings.quiet_hours
        return Reason.QUIET_HOURS if quiet and quiet.cover(self._clock()) else Reason.NO_PERMIT

    async def _resume(self, openid: str, permit: Permit, delivery: Delivery) -> Outcome:
        """An earlier try of this delivery died after it had claimed the permit."""
        if permit.kind is not Kind.FORM:
            return Outcome(openid, Status.UNKNOWN, permit_kind=permit.kind)
        return await self._attempt(openid, permit, delivery, in_doubt=True)

    async def _spend(self, user: User, delivery: Delivery, outcome: Outcome) -> Outcome:
        message = delivery.message
        for permit in user.spendable(message.type.kinds, message.template_id, self._clock()):
            if not await self._ledger.claim(user.openid, permit, delivery.id, self._clock()):
                continue
            outcome = await self._attempt(user.openid, permit, delivery)
            if outcome.reason is not Reason.NO_PERMIT:
                break
        return outcome

    async def _attempt(
        self, openid: str, permit: Permit, delivery: Delivery, *, in_doubt: bool = False
    ) -> Outcome:
        return await Attempt(
            self._ledger, self._messenger, self._clock, self._patience, openid, permit, delivery, in_doubt
        ).run()
