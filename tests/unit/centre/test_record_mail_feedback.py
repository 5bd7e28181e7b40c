"""A mail came back for good, or its reader has called it spam."""

from dataclasses import dataclass, field, replace

import pytest
from support.centre import MemoryPreferences
from support.centre_addressees import MemoryAddressees
from support.centre_inbox import NOW, REF, SHOP, MemoryInbox, inbox_message
from support.reminders import InboxReminders, MemoryChannels, MemoryReaders, verified_channel

from minipush.application.centre.record_mail_feedback import RecordMailFeedback
from minipush.application.centre.unsubscribe import UnsubscribeTokens
from minipush.domain.centre.channels import ChannelStatus, DeadReason, UserChannel
from minipush.domain.centre.inbox import Level, SenderKind
from minipush.domain.centre.mail_feedback import MailFeedback
from minipush.domain.centre.message_ids import CENTRE_REF, message_id
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.pushes import Addressee
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus
from minipush.errors import StoreError

EMAIL = ChannelKind.EMAIL
SENT = ReminderState(status=ReminderStatus.SENT, until=NOW + 1, channel=EMAIL, provider_id="p-1")
MESSAGE = inbox_message(reminder=SENT)
FEEDBACK = MailFeedback(
    message_id=MESSAGE.id, provider_id="p-1", address="ada@example.com", reason=DeadReason.BOUNCED
)
COMPLAINT = replace(FEEDBACK, reason=DeadReason.COMPLAINED)
TOKENS = UnsubscribeTokens(lambda: b"a key")
BROADCAST = inbox_message(id=message_id(NOW, "one", CENTRE_REF), reminder=SENT)


@dataclass
class World:
    """Ada has bound the shop, and got its message by e-mail."""

    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    def __post_init__(self) -> None:
        self.reminders = InboxReminders(self.inbox)
        self.channels = MemoryChannels(inbox=self.inbox)
        self.channels.put("ada", verified_channel(EMAIL, "ada@example.com"))
        self.inbox.put(MESSAGE)
        self.readers = MemoryReaders(MemoryPreferences(), self.channels)
        self.readers.senders["ada", SenderKind.APP, SHOP.id] = (Level.STRONG, None, None)
        ada = Addressee(openid="ada", key_ref=REF, sender=SHOP, level=Level.STRONG, channels=(EMAIL,))
        self.addressees = MemoryAddressees({(SHOP.id, "key"): ada})
        self.record = RecordMailFeedback(
            owner_of=self.addressees.owner_of,
            read_token=TOKENS.read,
            inbox=self.inbox,
            reminders=self.reminders,
            channels=self.channels,
            mute=self.readers.mute,
            clock=lambda: NOW + 5,
        )

    def becomes(self, state: ReminderState) -> None:
        self.inbox.messages["ada"][MESSAGE.place] = replace(MESSAGE, reminder=state)

    @property
    def channel(self) -> UserChannel:
        return self.channels.channels["ada"][EMAIL]

    @property
    def reminder(self) -> ReminderState | None:
        message = self.reminders.read("ada", MESSAGE.place)
        return message.reminder if message else None

    def unbind(self) -> None:
        self.addressees.bindings.clear()
        self.readers.senders.clear()

    def told(self) -> list[str]:
        messages = self.inbox.page("ada", 0, None, 10).entries
        return [each.content.body for each in messages if each.sender.kind is SenderKind.CENTRE]

    def muted(self) -> bool:
        return self.readers.senders["ada", SenderKind.APP, SHOP.id][1] == DoNotDisturb()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(("feedback", "words"), [(FEEDBACK, "退回了提醒邮件"), (COMPLAINT, "标记为垃圾邮件")])
def test_nothing_more_goes_to_the_address_and_the_user_is_told(
    world: World, feedback: MailFeedback, words: str
) -> None:
    assert world.record(feedback)
    assert (world.channel.status, world.channel.reason) == (ChannelStatus.DEAD, feedback.reason)
    [told] = world.told()
    assert words in told


def test_a_mail_that_came_back_reminded_nobody(world: World) -> None:
    world.record(FEEDBACK)
    assert world.reminder == replace(SENT, status=ReminderStatus.FAILED, reason=ReminderReason.CHANNEL_DEAD)
    assert not world.muted()


def test_a_complaint_mutes_the_sender_of_a_mail_that_arrived(world: World) -> None:
    world.record(COMPLAINT)
    assert world.muted()
    assert world.reminder == SENT


def test_the_same_again_changes_nothing(world: World) -> None:
    for _ in range(2):
        assert world.record(FEEDBACK)
    assert len(world.told()) == 1
    assert world.reminders.writes == 1


def test_an_address_that_the_user_has_given_up_changes_nothing_of_the_new_one(world: World) -> None:
    world.channels.put("ada", verified_channel(EMAIL, "new@example.com"))
    world.record(FEEDBACK)
    assert (world.channel.status, world.told()) == (ChannelStatus.VERIFIED, [])


def test_a_reminder_that_arrived_by_another_mail_stays_sent(world: World) -> None:
    """The message was updated, and the second mail arrived."""
    world.record(replace(FEEDBACK, provider_id="p-0"))
    assert world.reminder == SENT


def test_an_address_ends_though_the_message_is_gone(world: World) -> None:
    world.inbox.messages.clear()
    assert world.record(COMPLAINT)
    assert world.channel.status is ChannelStatus.DEAD


def test_the_link_in_a_broadcasts_mail_names_its_reader(world: World) -> None:
    world.inbox.put(BROADCAST)
    assert world.record(replace(FEEDBACK, message_id=BROADCAST.id, unsubscribe_token=TOKENS.make(BROADCAST)))
    assert world.channel.status is ChannelStatus.DEAD
    told = world.reminders.read("ada", BROADCAST.place)
    assert told
    assert told.reminder
    assert told.reminder.status is ReminderStatus.FAILED


@pytest.mark.parametrize("feedback", [FEEDBACK, COMPLAINT])
def test_the_link_names_the_reader_who_has_unbound_the_sender_since(
    world: World, feedback: MailFeedback
) -> None:
    """The address is that of all the other senders, too."""
    world.unbind()
    assert world.record(replace(feedback, unsubscribe_token=TOKENS.make(MESSAGE)))
    assert (world.channel.status, world.channel.reason) == (ChannelStatus.DEAD, feedback.reason)


def test_a_mail_that_comes_back_before_its_worker_has_written_that_it_was_sent_waits(world: World) -> None:
    world.becomes(replace(SENT, status=ReminderStatus.CLAIMED, provider_id=None))
    with pytest.raises(StoreError):
        world.record(FEEDBACK)
    assert world.channel.status is ChannelStatus.DEAD
    world.becomes(SENT)
    assert world.record(FEEDBACK)
    assert world.reminder
    assert world.reminder.status is ReminderStatus.FAILED
    assert len(world.told()) == 1


def test_a_mail_in_doubt_that_came_back_reminded_nobody(world: World) -> None:
    world.becomes(replace(SENT, status=ReminderStatus.UNKNOWN, in_doubt=(EMAIL,), provider_id=None))
    assert world.record(FEEDBACK)
    assert world.reminder
    assert (world.reminder.status, world.reminder.in_doubt) == (ReminderStatus.FAILED, ())


def test_a_reminder_that_changes_meanwhile_is_judged_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InboxReminders, "change", lambda *_: False)
    with pytest.raises(StoreError):
        world.record(FEEDBACK)


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_broadcasts_mail_without_a_link_of_ours_changes_nothing(world: World, token: str | None) -> None:
    assert not world.record(replace(FEEDBACK, message_id=BROADCAST.id, unsubscribe_token=token))
    assert world.channel.status is ChannelStatus.VERIFIED


@pytest.mark.parametrize("id_", ["", "no id of ours", inbox_message("other").id[:20] + "a" * 12])
def test_a_mail_that_reminded_nobody_of_a_message_changes_nothing(world: World, id_: str) -> None:
    assert not world.record(replace(FEEDBACK, message_id=id_))
    assert world.channel.status is ChannelStatus.VERIFIED
