"""One message of an app to several users."""

from dataclasses import dataclass, field, replace

import pytest
from support.centre_addressees import MemoryAddressees
from support.centre_app_use import MemoryAppUse
from support.centre_inbox import NOW, REF, SHOP, MemoryInbox, inbox_message
from support.centre_reminder_queue import QueuedReminders

from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.centre.push_message import PushMessage, PushWork
from minipush.application.centre.push_messages import PushMessages, PushRecipient
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import TooManyPushesError
from minipush.domain.centre.inbox import Content, Level, TextCheck
from minipush.domain.centre.pushes import USUAL_LIMITS, Addressee, Push, PushLimits, PushReason, PushStatus
from minipush.domain.centre.reminders import ChannelKind, ReminderReason
from minipush.errors import StoreError

APP = App(
    appid=SHOP.id, name=SHOP.name, icon_url="", summary="", contact="", owner_openid="boss", registered_at=NOW
)

PER_HOUR = USUAL_LIMITS.to_user_per_hour
ADA = Addressee(openid="ada", key_ref=REF, sender=SHOP, level=Level.STRONG, channels=(ChannelKind.BARK,))
BO = replace(ADA, openid="bo", key_ref="bobobobobobo", level=Level.WEAK)
PARCEL = Push(content=Content(title="Parcel"))
TO_ADA, TO_BO, TO_NOBODY = (
    PushRecipient(key="ada's"),
    PushRecipient(openid="oBo"),
    PushRecipient(key="nobody's"),
)


@dataclass
class World:
    store: MemoryInbox = field(default_factory=MemoryInbox)
    queue: QueuedReminders = field(default_factory=QueuedReminders)
    use: MemoryAppUse = field(default_factory=MemoryAppUse)
    addressees: MemoryAddressees = field(default_factory=MemoryAddressees)
    checked: list[tuple[str, Content]] = field(default_factory=list)
    verdict: TextCheck = TextCheck.PASSED

    def __post_init__(self) -> None:
        self.addressees.bindings[SHOP.id, "ada's"] = ADA
        self.addressees.openids[SHOP.id, "oBo"] = BO
        limit = LimitPushes(self.use, lambda: NOW, lambda: 0)
        message = PushMessage(self.store, self.queue, self.addressees.is_there, lambda: NOW)
        self.push_messages = PushMessages(self.addressees, message, limit, self._check, lambda: NOW)

    def _check(self, app: App, content: Content) -> TextCheck:
        self.checked.append((app.appid, content))
        return self.verdict

    def push(self, *to: PushRecipient, app: App = APP, request: str = "one") -> list[tuple[str, str | None]]:
        outcomes = self.push_messages(app, to, PARCEL, PushWork(NOW, request))
        return [(outcome.status.value, outcome.reason and outcome.reason.value) for outcome in outcomes]

    def reminders(self, openid: str) -> list[ReminderReason | None]:
        messages = self.store.page(openid, 0, None, 100).entries
        return [message.reminder.reason for message in messages if message.reminder]


@pytest.fixture
def world() -> World:
    return World()


STORED, UNBOUND = ("stored", None), ("skipped", "unbound")


def test_each_recipient_has_a_result_in_order(world: World) -> None:
    assert world.push(TO_NOBODY, TO_ADA, TO_BO) == [UNBOUND, STORED, STORED]
    assert [*world.store.messages] == ["ada", "bo"]
    assert len(world.queue.jobs) == 1


def test_a_key_of_another_app_reaches_nobody(world: World) -> None:
    assert world.push(TO_ADA, app=replace(APP, appid="wx-bank")) == [UNBOUND]


def test_a_recipient_who_is_named_twice_gets_one_message(world: World) -> None:
    assert world.push(TO_ADA, TO_ADA) == [STORED, STORED]
    assert len(world.store.messages["ada"]) == 1


def test_a_text_is_checked_once_for_all_recipients(world: World) -> None:
    world.push(TO_ADA, TO_BO)
    assert world.checked == [(SHOP.id, PARCEL.content)]


def test_a_text_that_nobody_would_get_is_not_checked(world: World) -> None:
    world.push(TO_NOBODY)
    assert world.checked == []


def test_blocked_text_fails_for_all(world: World) -> None:
    world.verdict = TextCheck.BLOCKED
    assert world.push(TO_ADA, TO_BO) == [("failed", "content_blocked")] * 2
    assert world.store.messages == {}


@pytest.mark.parametrize("changes", [{"hold_until": NOW + 1}, {"strong_off_until": NOW + 1}])
def test_strong_messages_of_an_app_that_may_not_remind_are_stored_without_a_job(
    world: World, changes: dict[str, int]
) -> None:
    assert world.push(TO_ADA, app=replace(APP, **changes)) == [STORED]  # type: ignore[arg-type]
    assert (world.queue.jobs, world.reminders("ada")) == ([], [ReminderReason.APP_HELD])


def test_the_same_work_goes_on_where_it_failed(world: World) -> None:
    world.queue.fails = True
    with pytest.raises(StoreError):
        world.push(TO_BO, TO_ADA)
    world.queue.fails = False
    assert world.push(TO_BO, TO_ADA) == [STORED, STORED]
    assert {openid: len(stored) for openid, stored in world.store.messages.items()} == {"ada": 1, "bo": 1}


def test_who_has_had_too_many_is_skipped_and_the_others_are_not(world: World) -> None:
    for n in range(PER_HOUR):
        world.store.put(inbox_message(str(n)))
    assert world.push(TO_ADA, TO_BO) == [("skipped", PushReason.RATE_LIMITED.value), STORED]


def test_an_app_has_the_limits_that_an_operator_has_allowed(world: World) -> None:
    allowed = replace(APP, limits=PushLimits(to_user_per_hour=2, to_user_per_day=3))
    for n in range(2):
        assert world.push(TO_ADA, app=allowed, request=str(n)) == [STORED]
    with pytest.raises(TooManyPushesError) as refused:
        world.push(TO_ADA, app=allowed, request="more")
    assert (refused.value.limit, refused.value.retry_seconds) == (2, 3600)


def test_a_push_for_which_nobody_has_room_is_refused(world: World) -> None:
    for n in range(PER_HOUR):
        world.store.put(inbox_message(str(n)))
    with pytest.raises(TooManyPushesError) as refused:
        world.push(TO_ADA)
    assert refused.value.retry_seconds == 60 * 60


def test_stored_messages_are_counted_for_the_app(world: World) -> None:
    for n in range(100):
        world.push(TO_BO if n % 2 else TO_NOBODY, request=str(n))
        if n % 50 == 49:
            world.store.messages.clear()
    assert world.use.messages_of_day(SHOP.id, NOW) == 0
    for n in range(50):
        world.push(TO_BO, request=f"more {n}")
    assert world.use.messages_of_day(SHOP.id, NOW) == 100


def test_a_push_is_stored_even_if_it_cannot_be_counted(world: World) -> None:
    world.use.fails = True
    assert world.push(*[TO_BO] * 100) == [STORED] * 100


def test_a_weak_push_is_one_write_and_a_strong_one_too(world: World) -> None:
    """The worker's two come on top: see the tests of reminders."""
    world.push(TO_BO)
    assert world.store.writes + world.use.writes == 1
    world.push(TO_ADA)
    assert world.store.writes + world.use.writes == 2


def test_statuses_are_those_of_the_contract() -> None:
    assert [status.value for status in PushStatus] == ["stored", "skipped", "failed"]
