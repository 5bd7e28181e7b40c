"""Put a broadcast into the inboxes of who has bound the app. The worker of its campaign calls this."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from minipush.application.campaigns.worker.batch_sender import DeliverToUser
from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.centre.push_message import PushMessage, PushWork
from minipush.application.centre.push_messages import under_rules_of
from minipush.application.delivery.delivery import Delivery
from minipush.application.ports.campaigns import Recipient, RecipientPage
from minipush.application.ports.centre.addressees import Addressees
from minipush.application.ports.centre.broadcasts import BoundUsers, BroadcastStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Campaign
from minipush.domain.centre.apps import App
from minipush.domain.centre.broadcasts import REASONS, STATUSES, Broadcast
from minipush.domain.centre.inbox import Sender, SenderKind
from minipush.domain.centre.pushes import PushOutcome, PushReason, PushStatus
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.users import User
from minipush.errors import StoreError

USERS_A_PAGE: Final = 200


class BoundRecipients:
    """The recipients of a broadcast's segment. A cursor is the openid of the last one."""

    def __init__(self, users: BoundUsers) -> None:
        self._users = users

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        appid = campaign.plan.audience.appid or ""
        openids = self._users.openids(appid, number, cursor, USERS_A_PAGE)
        recipients = [Recipient(User(openid), openid) for openid in openids]
        return RecipientPage(recipients, openids[-1] if len(openids) == USERS_A_PAGE else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastDependencies:
    """`find_app`: by its appid. `threads`: of broadcasts alone. Renewals of leases don't wait for deliveries."""

    store: BroadcastStore
    find_app: Callable[[str], App | None]
    addressees: Addressees
    push_message: PushMessage
    limit: LimitPushes
    threads: Executor
    clock: Clock


class CentreBroadcasts:
    """What the worker of campaigns needs for broadcasts."""

    def __init__(self, users: BoundUsers, dependencies: BroadcastDependencies) -> None:
        self.recipients = BoundRecipients(users)
        self._dependencies = dependencies

    def deliver(self, campaign: Campaign) -> DeliverToUser:
        return DeliverBroadcast(self._dependencies, campaign)


class DeliverBroadcast:
    """One broadcast to one user. The message's place follows from the campaign and the user, so that a repeat stores
    nothing: a user has it at most once.
    """

    def __init__(self, dependencies: BroadcastDependencies, campaign: Campaign) -> None:
        self._needs = dependencies
        self._campaign = campaign
        self._at = campaign.started_at or campaign.created_at
        self._broadcast = cache(self._read)

    async def __call__(self, user: User, delivery: Delivery) -> Outcome:
        """Raises StoreError. The same broadcast may be put again then."""
        # What the delivery logs names the segment.
        deliver = partial(copy_context().run, self._deliver, user.openid, delivery)
        return await asyncio.get_running_loop().run_in_executor(self._needs.threads, deliver)

    def _deliver(self, openid: str, delivery: Delivery) -> Outcome:
        """In a thread, for which a user of a large batch waits: whether the worker has to stop is known only here."""
        now = self._needs.clock()
        if delivery.is_over():
            reason, fault = Reason.WECHAT_UNAVAILABLE, Fault.TRANSIENT
            return Outcome(openid, Status.FAILED, reason, fault=fault, at=now)
        broadcast = self._broadcast()
        app = self._needs.find_app(broadcast.appid)
        if app is None or app.is_banned(now):
            return Outcome(openid, Status.FAILED, Reason.APP_BANNED, fault=Fault.CAMPAIGN, at=now)
        return _outcome(openid, self._push(app, openid, broadcast, now), now)

    def _push(self, app: App, openid: str, broadcast: Broadcast, now: int) -> PushOutcome:
        user = self._needs.addressees.of_user(Sender(SenderKind.APP, app.appid, app.name), openid)
        if isinstance(user, PushReason):
            return PushOutcome.skipped(user)
        # A broadcast may have run for hours, or paused: a user is reminded from now on.
        push = replace(broadcast.push, reminded_ms=broadcast.push.reminded_ms + max(0, now - self._at))
        work = PushWork(self._at, f"{self._campaign.id}#{openid}", keeps_its_time=True)
        user = under_rules_of(app, user, now)
        pushed = self._needs.push_message(user, push, work, lambda: broadcast.text_check)
        if pushed.status is PushStatus.STORED:
            self._needs.limit.count_messages(app.appid, 1)
        return pushed

    def _read(self) -> Broadcast:
        broadcast = self._needs.store.read(self._campaign.id)
        if broadcast is None:
            raise StoreError(f"the broadcast of {self._campaign.id} is gone")
        return broadcast


def _outcome(openid: str, pushed: PushOutcome, now: int) -> Outcome:
    return Outcome(openid, STATUSES[pushed.status], REASONS[pushed.reason] if pushed.reason else None, at=now)
