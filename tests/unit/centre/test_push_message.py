"""One message to one user."""

from dataclasses import dataclass, field, replace

import pytest
from support.centre_inbox import DAY, NOW, REF, SHOP, MemoryInbox, inbox_message
from support.centre_reminder_queue import QueuedReminders

from minipush.application.centre.push_message import (
    LATE_MS,
    OF_ALL_A_DAY,
    PushMessage,
    PushWork,
)
from minipush.domain.centre.inbox import Content, InboxMessage, Level, Sender, SenderKind, TextCheck, head_of
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.pushes import USUAL_LIMITS, Addressee, Push, PushOutcome, PushReason, PushStatus
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus
from minipush.errors import StoreError

ADA = Addressee(
    openid="ada",
    key_ref=REF,
    sender=SHOP,
    level=Level.STRONG,
    channels=(ChannelKind.BARK, ChannelKind.EMAIL),
)

PER_HOUR, PER_DAY = USUAL_LIMITS.to_user_per_hour, USUAL_LIMITS.to_user_per_day
PARCEL = Push(content=Content(title="Parcel", body="It is here."))
MINUTE = 60_000


@dataclass
class World:
    store: MemoryInbox = field(default_factory=MemoryInbox)
    queue: QueuedReminders = field(default_factory=QueuedReminders)
    checked: TextCheck = TextCheck.PASSED
    now: int | None = None
    checks: int = 0
    is_there: bool = True

    def push(
        self, push: Push = PARCEL, user: Addressee = ADA, at: int = NOW, request: str = "one"
    ) -> PushOutcome:
        """`at`: of the first try."""
        push_message = PushMessage(self.store, self.queue, lambda _: self.is_there, lambda: self.now or at)
        return push_message(user, push, PushWork(at, request), self._check)

    def _check(self) -> TextCheck:
        self.checks += 1
        return self.checked

    def stored(self) -> list[InboxMessage]:
        return [*self.store.page("ada", 0, None, 1_000).entries]

    def fill(self, number: int, at: int, sender: Sender = SHOP) -> None:
        for n in range(number):
            self.store.put(inbox_message(f"{sender.id} {n} {at}", at, sender=sender))


@pytest.fixture
def world() -> World:
    return World()


def test_a_strong_push_is_stored_and_its_reminder_is_queued_for_the_first_channel(world: World) -> None:
    outcome = world.push()
    [message] = world.stored()
    assert outcome == PushOutcome(PushStatus.STORED, message.id)
    assert message.content == PARCEL.content
    assert message.reminder == ReminderState(status=ReminderStatus.QUEUED, until=NOW + 60 * MINUTE)
    assert world.queue.jobs == [(ChannelKind.BARK, "ada", message.place)]


def test_a_weak_push_is_stored_with_one_write_and_without_a_job(world: World) -> None:
    world.push(user=replace(ADA, level=Level.WEAK))
    assert [message.reminder for message in world.stored()] == [None]
    assert (world.store.writes, world.queue.jobs) == (1, [])


@pytest.mark.parametrize(
    ("users", "asked", "is_reminded"),
    [
        (Level.STRONG, Level.WEAK, False),
        (Level.WEAK, Level.STRONG, False),
        (Level.STRONG, Level.STRONG, True),
        (Level.STRONG, None, True),
    ],
)
def test_a_push_lowers_the_users_level_and_never_raises_it(
    world: World, users: Level, asked: Level | None, is_reminded: bool
) -> None:
    world.push(replace(PARCEL, level=asked), replace(ADA, level=users))
    assert [message.reminder is not None for message in world.stored()] == [is_reminded]


def test_a_user_who_wants_none_gets_none(world: World) -> None:
    outcome = world.push(user=replace(ADA, level=Level.NONE))
    assert outcome == PushOutcome(PushStatus.SKIPPED, None, PushReason.REFUSED)
    assert (world.stored(), world.checks) == ([], 0)


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (replace(ADA, channels=()), ReminderReason.NO_CHANNEL),
        (replace(ADA, do_not_disturb=(DoNotDisturb(),)), ReminderReason.DO_NOT_DISTURB),
        (replace(ADA, do_not_disturb=(DoNotDisturb(NOW + 1),)), ReminderReason.DO_NOT_DISTURB),
        (replace(ADA, held=ReminderReason.APP_HELD), ReminderReason.APP_HELD),
    ],
)
def test_what_may_not_remind_now_is_stored_with_one_write_and_without_a_job(
    world: World, user: Addressee, reason: ReminderReason
) -> None:
    world.push(user=user)
    [message] = world.stored()
    assert message.reminder == ReminderState(
        status=ReminderStatus.SKIPPED, until=NOW + 60 * MINUTE, reason=reason
    )
    assert (world.store.writes, world.queue.jobs) == (1, [])


def test_do_not_disturb_that_is_over_does_not_count(world: World) -> None:
    world.push(user=replace(ADA, do_not_disturb=(DoNotDisturb(NOW),)))
    assert len(world.queue.jobs) == 1


def test_a_message_without_a_job_is_never_stored(world: World) -> None:
    world.queue.fails = True
    with pytest.raises(StoreError):
        world.push()
    assert world.stored() == []
    world.queue.fails = False
    assert world.push().status is PushStatus.STORED


def test_the_same_work_again_stores_nothing_more(world: World) -> None:
    assert world.push() == world.push()
    assert len(world.stored()) == 1
    assert len(world.queue.jobs) == 1


def test_a_repeat_does_not_bring_back_a_message_that_the_user_deleted(world: World) -> None:
    world.push()
    world.store.delete(world.stored()[0])
    world.push()
    assert [message.is_deleted for message in world.stored()] == [True]


def test_a_repeat_at_the_limit_is_told_that_it_is_stored(world: World) -> None:
    world.fill(PER_HOUR - 1, NOW)
    assert [world.push().status for _ in range(2)] == [PushStatus.STORED] * 2


def test_blocked_text_is_not_stored(world: World) -> None:
    world.checked = TextCheck.BLOCKED
    assert world.push() == PushOutcome(PushStatus.FAILED, None, PushReason.CONTENT_BLOCKED)
    assert world.stored() == []


def test_text_that_could_not_be_checked_is_stored_as_unchecked(world: World) -> None:
    world.checked = TextCheck.PENDING
    world.push()
    assert [message.text_check for message in world.stored()] == [TextCheck.PENDING]


def test_the_sender_says_how_long_a_message_reminds_and_is_kept(world: World) -> None:
    world.push(replace(PARCEL, reminded_ms=MINUTE, kept_ms=2 * MINUTE))
    [message] = world.stored()
    assert message.reminder
    assert (message.reminder.until, message.until) == (NOW + MINUTE, NOW + 2 * MINUTE)


# ---- limits


@pytest.mark.parametrize(("number", "age"), [(PER_HOUR, 59 * MINUTE), (PER_DAY, 23 * 60 * MINUTE)])
def test_a_sender_may_push_so_much_to_one_user(world: World, number: int, age: int) -> None:
    world.fill(number, NOW - age)
    outcome = world.push()
    assert (outcome.reason, outcome.retry_seconds) == (
        PushReason.RATE_LIMITED,
        60 if number == PER_HOUR else 3_600,
    )
    assert len(world.stored()) == number


@pytest.mark.parametrize(("number", "age"), [(PER_HOUR, 60 * MINUTE), (PER_DAY, 24 * 60 * MINUTE)])
def test_when_the_time_is_over_there_is_room_again(world: World, number: int, age: int) -> None:
    world.fill(number, NOW - age)
    assert world.push().status is PushStatus.STORED


def test_one_less_than_the_limit_has_room(world: World) -> None:
    world.fill(PER_HOUR - 1, NOW)
    assert world.push().status is PushStatus.STORED


def test_deleting_messages_makes_no_room(world: World) -> None:
    world.fill(PER_HOUR, NOW)
    for message in world.stored():
        world.store.delete(message)
    assert world.push().reason is PushReason.RATE_LIMITED


def test_senders_do_not_share_a_limit(world: World) -> None:
    world.fill(PER_HOUR, NOW, Sender(SenderKind.APP, "wx-bank", "Bank"))
    assert world.push().status is PushStatus.STORED


def test_all_senders_together_may_push_so_much_to_one_user(world: World) -> None:
    for n in range(OF_ALL_A_DAY // 100):
        world.fill(100, NOW, Sender(SenderKind.APP, f"wx-{n}", ""))
    assert world.push().reason is PushReason.RATE_LIMITED


# ---- replacing

ORDER = replace(PARCEL, ref="order 7")


def test_a_message_replaces_the_senders_earlier_one_and_keeps_its_id(world: World) -> None:
    first = world.push(ORDER)
    second = world.push(replace(ORDER, content=Content(title="Late")), at=NOW + 5, request="two")
    [message] = world.stored()
    assert first.message_id == second.message_id == message.id
    assert (message.content.title, message.at) == ("Late", NOW + 5)
    assert world.queue.jobs[-1] == (ChannelKind.BARK, "ada", message.place)


def test_a_repeat_of_a_replacement_changes_nothing(world: World) -> None:
    world.push(ORDER)
    assert world.push(ORDER, at=NOW + 5, request="two") == world.push(ORDER, at=NOW + 5, request="two")
    assert len(world.stored()) == 1
    assert len(world.queue.jobs) == 2


def test_a_repeat_does_not_bring_back_a_replacement_that_the_user_deleted(world: World) -> None:
    world.push(ORDER)
    world.push(ORDER, at=NOW + 5, request="two")
    world.store.delete(world.stored()[0])
    world.push(ORDER, at=NOW + 5, request="two")
    assert [message.is_deleted for message in world.stored()] == [True]


def test_a_late_repeat_does_not_undo_a_newer_replacement(world: World) -> None:
    world.push(ORDER)
    newer = replace(ORDER, content=Content(title="newer"))
    world.push(newer, at=NOW + 5, request="two")
    world.push(ORDER)
    assert [message.content.title for message in world.stored()] == ["newer"]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_each_replacement_counts_against_the_limit(world: World, is_deleted: bool) -> None:
    for n in range(PER_HOUR):
        assert world.push(ORDER, at=NOW + n, request=str(n)).status is PushStatus.STORED
    if is_deleted:
        world.store.delete(world.stored()[0])
    assert world.push(ORDER, at=NOW + PER_HOUR, request="more").reason is PushReason.RATE_LIMITED
    assert len(world.queue.jobs) == PER_HOUR


def test_a_repeat_of_a_replacement_at_the_limit_is_told_that_it_is_stored(world: World) -> None:
    """It has no place of its own id. At "rate_limited" an app would push it as a new one later."""
    outcomes = [world.push(ORDER, at=NOW + n, request=str(n)) for n in range(PER_HOUR)]
    for n in (PER_HOUR - 1, 1):
        assert world.push(ORDER, at=NOW + n, request=str(n)) == outcomes[n]
    assert len(world.queue.jobs) == PER_HOUR


def test_a_message_that_was_deleted_is_followed_by_a_new_one(world: World) -> None:
    first = world.push(ORDER)
    world.store.delete(world.stored()[0])
    second = world.push(ORDER, at=NOW + DAY, request="two")
    assert first.message_id != second.message_id
    assert [message.is_deleted for message in world.stored()] == [False, True]


def test_messages_of_different_senders_do_not_replace_each_other(world: World) -> None:
    world.push(ORDER)
    bank = replace(ADA, sender=Sender(SenderKind.APP, "wx-bank", "Bank"), key_ref="bank" * 3)
    world.push(ORDER, bank, NOW + 1)
    assert len(world.stored()) == 2


# ---- a push that completes long after its first try


@pytest.mark.parametrize("ref", [None, "parcel-7"])
def test_a_push_that_completes_late_is_unread(world: World, ref: str | None) -> None:
    """Its first try got no further than the queue. Since then, the user has read everything."""
    world.store.mark_read_to("ada", NOW + MINUTE, None)
    world.now = NOW + 2 * MINUTE
    outcome = world.push(replace(PARCEL, ref=ref))
    [message] = world.stored()
    assert outcome == PushOutcome(PushStatus.STORED, message.id)
    assert (message.id, message.at) == (message_id(NOW, "one", REF), world.now)
    assert not world.store.read_marks("ada").is_read(head_of(message))
    assert world.queue.jobs == [(ChannelKind.BARK, "ada", message.place)]


def test_the_reminder_of_a_push_that_completes_late_has_its_whole_time(world: World) -> None:
    world.now = NOW + 90 * MINUTE
    world.push()
    [message] = world.stored()
    assert message.reminder
    assert message.reminder.until == world.now + 60 * MINUTE


@pytest.mark.parametrize("ref", [None, "parcel-7"])
@pytest.mark.parametrize("first_ms", [0, 2 * MINUTE])
def test_a_late_repeat_stores_nothing_more(world: World, ref: str | None, first_ms: int) -> None:
    world.now = NOW + first_ms
    first = world.push(replace(PARCEL, ref=ref))
    world.now = NOW + 5 * MINUTE
    assert world.push(replace(PARCEL, ref=ref)) == first
    assert [message.at for message in world.stored()] == [NOW + first_ms]
    assert len(world.queue.jobs) == 1


def test_a_first_try_that_was_only_slow_stores_nothing_after_its_repeat(world: World) -> None:
    world.now = NOW + MINUTE
    world.push()
    assert not world.store.put(inbox_message("one", NOW))
    assert [message.at for message in world.stored()] == [NOW + MINUTE]


def test_a_late_push_takes_nothing_from_a_later_one_with_its_ref(world: World) -> None:
    later = replace(PARCEL, ref="parcel-7")
    world.push(later, at=NOW + MINUTE, request="two")
    world.now = NOW + 2 * MINUTE
    world.push(replace(later, content=Content(title="Old")))
    assert [message.content.title for message in world.stored()] == ["Parcel"]


def test_a_late_repeat_of_an_older_push_does_not_keep_a_newer_one_away(world: World) -> None:
    """The process of the first push died, and the queue was out of reach at the first try of the second."""
    old = replace(PARCEL, ref="parcel-7")
    new = replace(old, content=Content(title="New"))
    world.now = NOW + 7_000
    world.push(old)
    world.store.mark_read_to("ada", NOW + 7_500, None)
    world.now = NOW + 8_000
    world.push(new, at=NOW + 6_000, request="two")
    [message] = world.stored()
    assert (message.content.title, message.at) == ("New", NOW + 8_000)
    assert not world.store.read_marks("ada").is_read(head_of(message))
    assert world.queue.jobs[-1] == (ChannelKind.BARK, "ada", message.place)
    assert len(world.queue.jobs) == 2


def test_of_two_pushes_of_the_same_instant_the_one_that_is_stored_later_wins(world: World) -> None:
    first = replace(PARCEL, ref="parcel-7")
    second = replace(first, content=Content(title="Second"))
    for _ in range(2):
        world.push(first)
        world.push(second, request="two")
    assert [message.content.title for message in world.stored()] == ["Second"]
    assert len(world.queue.jobs) == 2


def test_what_is_stored_at_once_is_stored_as_of_its_first_try(world: World) -> None:
    world.now = NOW + LATE_MS - 1
    world.push()
    assert [message.at for message in world.stored()] == [NOW]


@pytest.mark.parametrize("ref", [None, "order-7"])
def test_who_is_erased_while_a_push_is_under_way_keeps_nothing_of_it(world: World, ref: str | None) -> None:
    world.is_there = False
    assert world.push(replace(PARCEL, ref=ref)) == PushOutcome.skipped(PushReason.UNBOUND)
    [left] = world.stored()
    assert (left.content, left.sender_ref, left.is_deleted, left.until) == (Content(), None, True, NOW)
