"""What an app learns of its messages, and how it takes them back."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from support.centre_inbox import NOW, REF, SHOP, MemoryInbox, inbox_message
from support.centre_reminder_queue import QueuedReminders

from minipush.application.centre.recall_reminder import RecallReminder
from minipush.application.centre.sent_messages import ReadReceipt, RecallMessage, Receipt
from minipush.domain.centre.errors import UnknownMessageError
from minipush.domain.centre.inbox import InboxMessage, TextCheck
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ChannelKind, ReminderState, ReminderStatus


def reminder(status: ReminderStatus, channel: ChannelKind | None = ChannelKind.BARK) -> ReminderState:
    return ReminderState(status=status, until=NOW, channel=channel)


SENT = reminder(ReminderStatus.SENT)


@dataclass
class World:
    store: MemoryInbox = field(default_factory=MemoryInbox)
    queue: QueuedReminders = field(default_factory=QueuedReminders)
    shares: bool = True

    def put(self, **changes: Any) -> InboxMessage:
        message = inbox_message(**changes)
        self.store.put(message)
        return message

    def receipt(self, message: InboxMessage, appid: str = SHOP.id) -> Receipt:
        return ReadReceipt(self.store, {REF: "ada"}.get, lambda _: self.shares)(appid, message.id)

    def recall(self, message: InboxMessage, appid: str = SHOP.id) -> None:
        RecallMessage(self.store, {REF: "ada"}.get, RecallReminder(self.queue))(appid, message.id)

    def is_deleted(self, message: InboxMessage) -> bool:
        found = self.store.find("ada", message.id)
        return found is not None and found.is_deleted


@pytest.fixture
def world() -> World:
    return World()


def test_an_app_learns_that_its_message_is_stored_and_checked(world: World) -> None:
    world.shares = False
    assert world.receipt(world.put()) == Receipt(NOW, is_checked=True)
    waiting = world.put(request="two", text_check=TextCheck.PENDING)
    assert world.receipt(waiting) == Receipt(NOW, is_checked=False)


def test_where_the_user_shares_receipts_it_learns_more(world: World) -> None:
    message = world.put(reminder=SENT)
    assert world.receipt(message) == Receipt(NOW, is_checked=True, is_read=False, reminder=SENT)
    world.store.mark_read_to("ada", NOW, None)
    assert world.receipt(message).is_read


def test_that_the_user_deleted_a_message_is_not_told(world: World) -> None:
    world.shares = False
    message = world.put()
    world.store.delete(message)
    assert world.receipt(message) == Receipt(NOW, is_checked=True)


def test_messages_of_others_and_unknown_ids_are_not_found(world: World) -> None:
    message = world.put()
    stranger = inbox_message(id=message_id(NOW, "one", "stranger" + "a" * 4))
    for asked in (inbox_message("other"), stranger, inbox_message(id="no id")):
        with pytest.raises(UnknownMessageError):
            world.receipt(asked)
    for ask in (world.receipt, world.recall):
        with pytest.raises(UnknownMessageError):
            ask(message, "wx-bank")
    assert not world.is_deleted(message)


def test_an_unread_message_is_taken_back(world: World) -> None:
    message = world.put()
    world.recall(message)
    assert world.is_deleted(message)
    with pytest.raises(UnknownMessageError):
        world.receipt(message)


@pytest.mark.parametrize("is_marked_alone", [True, False])
def test_a_message_that_was_read_stays(world: World, is_marked_alone: bool) -> None:
    message = world.put(reminder=SENT)
    if is_marked_alone:
        world.store.mark_read(message, NOW)
    else:
        world.store.mark_read_to("ada", NOW, None)
    world.recall(message)
    assert not world.is_deleted(message)
    assert world.queue.jobs == []


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        (None, False),
        (SENT, True),
        (reminder(ReminderStatus.QUEUED, None), True),
        (reminder(ReminderStatus.CLAIMED, ChannelKind.EMAIL), True),
        (reminder(ReminderStatus.SENT, ChannelKind.EMAIL), False),
        (reminder(ReminderStatus.SKIPPED, None), False),
    ],
)
def test_bark_is_told_to_delete_what_it_may_show(
    world: World, state: ReminderState | None, is_told: bool
) -> None:
    message = world.put(reminder=state)
    world.recall(message)
    assert world.queue.jobs == ([(ChannelKind.BARK, "ada", message.place)] if is_told else [])


def test_a_repeat_tells_bark_again(world: World) -> None:
    message = world.put(reminder=SENT)
    world.recall(message)
    world.recall(message)
    assert len(world.queue.jobs) == 2


def test_bark_is_told_though_the_answer_of_the_write_was_lost(world: World) -> None:
    class Repeating(MemoryInbox):
        """As behind an SDK that gets no answer, and repeats the write."""

        def delete(self, message: InboxMessage, *, is_recall: bool = False) -> bool:
            super().delete(message, is_recall=is_recall)
            return super().delete(message, is_recall=is_recall)

    world.store = Repeating()
    message = world.put(reminder=SENT)
    world.recall(message)
    assert world.queue.jobs == [(ChannelKind.BARK, "ada", message.place)]


def test_a_message_that_the_user_has_deleted_meanwhile_is_not_recalled(world: World) -> None:
    class Overtaken(MemoryInbox):
        def delete(self, message: InboxMessage, *, is_recall: bool = False) -> bool:
            super().delete(message)
            return super().delete(message, is_recall=is_recall)

    world.store = Overtaken()
    world.recall(world.put(reminder=SENT))
    assert world.queue.jobs == []
