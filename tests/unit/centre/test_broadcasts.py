"""A broadcast in the worker of its campaign, and before: its text, its users, its rules."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from support.centre_addressees import MemoryAddressees
from support.centre_app_use import MemoryAppUse
from support.centre_broadcasts import MemoryBoundUsers, MemoryBroadcasts, broadcast
from support.centre_inbox import DAY, NOW, REF, SHOP, MemoryInbox, inbox_message
from support.centre_reminder_queue import QueuedReminders

from minipush.adapters.dynamodb.centre.keys import SHARDS
from minipush.application.centre.deliver_broadcast import (
    BoundRecipients,
    BroadcastDependencies,
    CentreBroadcasts,
)
from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.centre.push_message import PushMessage
from minipush.application.centre.start_broadcast import COUNTING_SECONDS, CountBoundUsers
from minipush.application.delivery.delivery import Delivery
from minipush.channels import BROADCAST
from minipush.domain.campaign_errors import EstimateTimeoutError
from minipush.domain.campaigns import SEGMENTS_OF_APP, Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.centre.apps import App
from minipush.domain.centre.inbox import Level, TextCheck
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.pushes import USUAL_LIMITS, Addressee
from minipush.domain.centre.reminders import ChannelKind, ReminderReason
from minipush.domain.messages import Fault, Message, Outcome, Reason, Status
from minipush.domain.users import User
from minipush.errors import StoreError

HOUR = 60 * 60 * 1000
APP = App(appid=SHOP.id, name=SHOP.name, icon_url="", summary="", contact="", registered_at=NOW)
ADA = Addressee(openid="ada", key_ref=REF, sender=SHOP, level=Level.STRONG, channels=(ChannelKind.BARK,))
PLAN = Plan(SHOP.name, Message(BROADCAST, ""), Audience(AudienceType.APP, appid=SHOP.id))
CAMPAIGN = Campaign("c-1", PLAN, SEGMENTS_OF_APP, CampaignStatus.RUNNING, NOW, NOW, NOW)


@dataclass
class World:
    threads: Executor
    app: App | None = APP
    now: int = NOW
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    queue: QueuedReminders = field(default_factory=QueuedReminders)
    addressees: MemoryAddressees = field(default_factory=MemoryAddressees)
    store: MemoryBroadcasts = field(default_factory=MemoryBroadcasts)
    is_stopped: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.bind(ADA)
        self.store.add(broadcast())

    def bind(self, user: Addressee, key: str = "bAda") -> None:
        self.addressees.bindings[SHOP.id, key] = user

    def deliver(self, openid: str = "ada", campaign: Campaign = CAMPAIGN) -> Outcome:
        return asyncio.run(self.delivery(openid, campaign))

    async def delivery(self, openid: str = "ada", campaign: Campaign = CAMPAIGN) -> Outcome:
        needs = BroadcastDependencies(
            store=self.store,
            find_app=lambda _: self.app,
            addressees=self.addressees,
            push_message=PushMessage(self.inbox, self.queue, self.addressees.is_there, lambda: self.now),
            limit=LimitPushes(MemoryAppUse(), lambda: self.now, lambda: 0),
            threads=self.threads,
            clock=lambda: self.now,
        )
        deliver = CentreBroadcasts(MemoryBoundUsers(), needs).deliver(campaign)
        delivery = Delivery("c-1", "me", PLAN.message, time.monotonic() + 60, is_stopped=self.is_stopped)
        return await deliver(User(openid), delivery)

    @property
    def reasons(self) -> list[ReminderReason | None]:
        messages = self.inbox.page("ada", 0, None, 100).entries
        return [message.reminder.reason for message in messages if message.reminder]


@pytest.fixture
def world() -> Iterator[World]:
    with ThreadPoolExecutor(2) as threads:
        yield World(threads)


def test_a_strong_recipient_has_the_message_and_a_reminder(world: World) -> None:
    assert world.deliver().status is Status.SENT
    [message] = world.inbox.page("ada", 0, None, 100).entries
    assert (message.sender, message.content.title) == (SHOP, "Closed on Monday")
    assert world.queue.jobs == [(ChannelKind.BARK, "ada", message.place)]


def test_a_user_has_a_broadcast_once_however_often_it_is_delivered(world: World) -> None:
    outcomes = [world.deliver().status for _ in range(2)]
    assert outcomes == [Status.SENT, Status.SENT]
    assert (len(world.inbox.messages["ada"]), world.inbox.writes) == (1, 1)


def test_a_user_who_binds_anew_meanwhile_has_no_second_one(world: World) -> None:
    world.deliver()
    world.bind(replace(ADA, key_ref="anotherskeyy"))
    world.deliver()
    assert len(world.inbox.messages["ada"]) == 1


def test_two_broadcasts_of_one_instant_are_two_messages(world: World) -> None:
    world.store.add(broadcast(campaign_id="c-2"))
    world.deliver()
    world.deliver(campaign=replace(CAMPAIGN, id="c-2"))
    assert len(world.inbox.messages["ada"]) == 2


def test_a_failing_queue_stores_nothing_and_the_next_try_reaches_the_user(world: World) -> None:
    world.queue.fails = True
    with pytest.raises(StoreError):
        world.deliver()
    assert world.inbox.messages == {}
    world.queue.fails = False
    assert world.deliver().status is Status.SENT


@pytest.mark.parametrize(
    ("level", "reminded"), [(None, 1), (Level.WEAK, 0)], ids=["as bound", "lowered by the app"]
)
def test_the_apps_level_lowers_that_of_the_binding(world: World, level: Level | None, reminded: int) -> None:
    world.store.kept["c-1"] = broadcast(level=level)
    world.deliver()
    assert (len(world.inbox.messages["ada"]), len(world.queue.jobs)) == (1, reminded)


def test_who_wants_nothing_of_the_app_is_skipped(world: World) -> None:
    world.bind(replace(ADA, level=Level.NONE))
    outcome = world.deliver()
    assert (outcome.status, outcome.reason) == (Status.SKIPPED, Reason.REFUSED)


def test_who_has_ended_the_binding_since_the_list_was_read_is_skipped(world: World) -> None:
    world.addressees.bindings.clear()
    outcome = world.deliver()
    assert (outcome.status, outcome.reason) == (Status.SKIPPED, Reason.UNBOUND)


def test_the_hourly_limit_of_an_app_holds_for_broadcasts(world: World) -> None:
    for number in range(USUAL_LIMITS.to_user_per_hour):
        world.store.add(broadcast(campaign_id=f"c-{number + 2}"))
        assert world.deliver(campaign=replace(CAMPAIGN, id=f"c-{number + 2}")).status is Status.SENT
    outcome = world.deliver()
    assert (outcome.status, outcome.reason) == (Status.SKIPPED, Reason.RATE_LIMITED)


def test_a_held_app_reminds_nobody(world: World) -> None:
    world.app = replace(APP, hold_until=NOW + 1)
    assert world.deliver().status is Status.SENT
    assert (world.reasons, world.queue.jobs) == ([ReminderReason.APP_HELD], [])


@pytest.mark.parametrize("app", [replace(APP, banned_until=NOW + 1), None], ids=["banned", "gone"])
def test_a_ban_ends_the_campaign(world: World, app: App | None) -> None:
    world.app = app
    outcome = world.deliver()
    assert (outcome.status, outcome.reason, outcome.fault) == (
        Status.FAILED,
        Reason.APP_BANNED,
        Fault.CAMPAIGN,
    )
    assert world.inbox.messages == {}


def test_nothing_is_put_once_the_worker_has_to_stop(world: World) -> None:
    world.is_stopped = lambda: True
    outcome = world.deliver()
    assert (outcome.may_be_sent_later, world.inbox.messages) == (True, {})


def test_text_that_is_not_checked_yet_waits_in_each_inbox(world: World) -> None:
    world.store.kept["c-1"] = replace(broadcast(), text_check=TextCheck.PENDING)
    world.deliver()
    [message] = world.inbox.page("ada", 0, None, 100).entries
    assert message.text_check is TextCheck.PENDING


def test_a_broadcast_that_was_paused_for_hours_still_reminds(world: World) -> None:
    world.now = NOW + 5 * HOUR
    world.deliver()
    [message] = world.inbox.page("ada", 0, None, 100).entries
    assert message.reminder
    assert message.reminder.until == world.now + HOUR


def test_a_message_has_its_place_from_the_start_of_the_broadcast_however_late_it_is_put(world: World) -> None:
    world.now = NOW + HOUR
    world.deliver()
    [message] = world.inbox.page("ada", 0, None, 100).entries
    assert message.at == NOW


def test_what_came_long_after_the_start_of_a_late_broadcast_leaves_room_for_it(world: World) -> None:
    for number in range(USUAL_LIMITS.to_user_per_hour):
        world.inbox.put(inbox_message(f"later {number}", NOW + HOUR, sender=SHOP))
    world.now = NOW + 5 * HOUR
    assert world.deliver().status is Status.SENT


def test_a_late_broadcast_is_refused_for_what_came_right_before_it(world: World) -> None:
    for number in range(USUAL_LIMITS.to_user_per_hour):
        world.inbox.put(inbox_message(f"later {number}", NOW + 5 * HOUR - 1, sender=SHOP))
    world.now = NOW + 5 * HOUR
    assert world.deliver().reason is Reason.RATE_LIMITED


@pytest.mark.parametrize("days", [0, 3])
def test_a_repeat_of_a_late_broadcast_queues_no_second_reminder(world: World, days: int) -> None:
    world.now = NOW + HOUR
    world.deliver()
    world.now += days * DAY
    assert world.deliver().status is Status.SENT
    assert (len(world.inbox.messages["ada"]), len(world.queue.jobs)) == (1, 1)


def test_do_not_disturb_that_is_over_by_now_lets_a_late_broadcast_remind(world: World) -> None:
    world.bind(replace(ADA, do_not_disturb=(DoNotDisturb(NOW + HOUR),)))
    world.now = NOW + HOUR
    world.deliver()
    assert (world.reasons, len(world.queue.jobs)) == ([None], 1)


def test_an_operator_may_allow_an_app_less(world: World) -> None:
    world.app = replace(APP, limits=replace(USUAL_LIMITS, to_user_per_hour=1))
    world.store.add(broadcast(campaign_id="c-2"))
    outcomes = [world.deliver(), world.deliver(campaign=replace(CAMPAIGN, id="c-2"))]
    assert [outcome.reason for outcome in outcomes] == [None, Reason.RATE_LIMITED]


def test_deliveries_that_hang_leave_the_threads_of_the_loop_to_others(world: World) -> None:
    may_go_on = Event()
    world.is_stopped = lambda: not may_go_on.wait(10)

    async def renew_meanwhile() -> Outcome:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        hanging = asyncio.create_task(world.delivery())
        await asyncio.sleep(0)
        await asyncio.to_thread(may_go_on.set)
        return await hanging

    assert asyncio.run(renew_meanwhile()).status is Status.SENT


def test_a_worker_without_the_text_gives_its_segment_back(world: World) -> None:
    world.store.kept.clear()
    with pytest.raises(StoreError):
        world.deliver()


def test_the_segments_of_a_broadcast_are_the_parts_of_the_apps_list() -> None:
    assert SEGMENTS_OF_APP == SHARDS


def test_a_segment_is_read_page_by_page_to_its_end() -> None:
    users = MemoryBoundUsers({f"u{number:03}": Level.WEAK for number in range(450)}, parts=1)
    recipients, cursor, read = BoundRecipients(users), None, []
    while True:
        page = recipients.page(CAMPAIGN, 0, cursor)
        read += [one.user.openid for one in page.recipients]
        cursor = page.cursor
        if cursor is None:
            break
    assert read == sorted(users.levels)


def test_an_estimate_counts_those_who_would_find_it_in_their_inbox() -> None:
    users = MemoryBoundUsers({"ada": Level.STRONG, "bo": Level.WEAK, "cy": Level.NONE})
    count = CountBoundUsers(users)
    assert (count(SHOP.id, None), count(SHOP.id, Level.NONE)) == (2, 0)


def test_an_app_with_very_many_users_is_counted_in_part() -> None:
    users = MemoryBoundUsers({f"u{number}": Level.WEAK for number in range(SEGMENTS_OF_APP * 10)})
    assert CountBoundUsers(users, clock_for(reads=4))(SHOP.id, None) == SEGMENTS_OF_APP * 10
    with pytest.raises(EstimateTimeoutError):
        CountBoundUsers(users, clock_for(reads=0))(SHOP.id, None)


def clock_for(reads: int) -> Callable[[], float]:
    """Time for so many pages."""
    times = iter([0.0] * (reads + 1))
    return lambda: next(times, COUNTING_SECONDS + math.ulp(COUNTING_SECONDS))
