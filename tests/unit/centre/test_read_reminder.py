"""Everybody's wishes of this moment decide about a reminder."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time

import pytest
from support.centre import MemoryPreferences
from support.reminders import (
    OPENID,
    MemoryChannels,
    MemoryReaders,
    MemoryReminderStore,
    strong_message,
    verified_channel,
)

from minipush.application.centre.read_reminder import AppStanding, ReadReminder
from minipush.application.centre.reminder_facts import ReminderFacts
from minipush.domain.centre.channels import ChannelStatus
from minipush.domain.centre.inbox import InboxMessage, Level, Sender, SenderKind, TextCheck
from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown
from minipush.domain.centre.reminders import ChannelKind, ReminderReason
from minipush.domain.users import QuietHours, UserSettings

BARK, EMAIL, SMS = ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS


def at(hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 11, 30, hour, minute, tzinfo=UTC).timestamp() * 1000)


@dataclass
class Case:
    now: int = at(12)
    standing: AppStanding = field(default_factory=AppStanding)
    settings: UserSettings = field(default_factory=UserSettings)
    reminders: MemoryReminderStore = field(default_factory=MemoryReminderStore)
    preferences: MemoryPreferences = field(default_factory=MemoryPreferences)
    channels: MemoryChannels = field(default_factory=MemoryChannels)

    def __post_init__(self) -> None:
        self.readers = MemoryReaders(self.preferences, self.channels)
        self.bind(Level.STRONG)
        self.sk = self.reminders.put(strong_message())
        for kind in (BARK, EMAIL):
            self.channels.put(OPENID, verified_channel(kind))

    def bind(self, level: Level, do_not_disturb: DoNotDisturb | None = None) -> None:
        self.readers.senders[OPENID, SenderKind.APP, "wx1"] = (level, do_not_disturb, None)

    def read(self) -> ReminderFacts:
        facts = self.found()
        assert facts
        return facts

    def found(self) -> ReminderFacts | None:
        return ReadReminder(
            reminders=self.reminders,
            readers=self.readers,
            standing=lambda _: self.standing,
            user_settings=lambda _: self.settings,
            clock=lambda: self.now,
        )(OPENID, self.sk)

    @property
    def against(self) -> ReminderReason | None:
        return self.read().rules.reason_against(self.now)


@pytest.fixture
def case() -> Case:
    return Case()


def test_nothing_stands_against_a_reminder_by_default(case: Case) -> None:
    assert case.against is None
    assert [channel.kind for channel in case.read().channels] == [BARK, EMAIL]
    assert not case.read().stops_in_doubt


def test_an_item_that_is_not_there_has_no_reminder(case: Case) -> None:
    case.reminders.messages.clear()
    assert case.found() is None


def test_a_weak_message_has_no_reminder(case: Case) -> None:
    case.reminders.put(replace(strong_message(), reminder=None))
    assert case.found() is None


def test_the_user_s_order_counts_and_leaves_out_what_it_leaves_out(case: Case) -> None:
    case.channels.put(OPENID, verified_channel(SMS))
    case.preferences.change(OPENID, {"channels": (SMS, BARK)})
    assert [channel.kind for channel in case.read().channels] == [SMS, BARK]


@pytest.mark.parametrize("status", [ChannelStatus.PENDING, ChannelStatus.DEAD])
def test_only_verified_channels_are_used(case: Case, status: ChannelStatus) -> None:
    case.channels.put(OPENID, replace(verified_channel(BARK), status=status))
    assert [channel.kind for channel in case.read().channels] == [EMAIL]


@pytest.mark.parametrize(
    ("until", "reason"),
    [(None, ReminderReason.DO_NOT_DISTURB), (at(12) + 1, ReminderReason.DO_NOT_DISTURB), (at(12), None)],
)
def test_do_not_disturb_holds_until_its_end(
    case: Case, until: int | None, reason: ReminderReason | None
) -> None:
    case.preferences.change(OPENID, {"do_not_disturb": DoNotDisturb(until)})
    assert case.against is reason
    case.preferences.change(OPENID, {"do_not_disturb": None})
    case.bind(Level.STRONG, DoNotDisturb(until))
    assert case.against is reason


@pytest.mark.parametrize(
    ("hour", "minute", "is_quiet"),
    [(21, 59, False), (22, 0, True), (23, 59, True), (0, 0, True), (7, 59, True), (8, 0, False)],
)
def test_quiet_hours_reach_over_midnight(case: Case, hour: int, minute: int, is_quiet: bool) -> None:
    case.settings = UserSettings(quiet_hours=QuietHours(time(22), time(8), "UTC"))
    case.now = at(hour, minute)
    assert case.against is (ReminderReason.QUIET_HOURS if is_quiet else None)


def test_quiet_hours_are_on_the_user_s_clock(case: Case) -> None:
    case.settings = UserSettings(quiet_hours=QuietHours(time(22), time(8), "Asia/Shanghai"))
    case.now = at(15)
    assert case.against is ReminderReason.QUIET_HOURS


@pytest.mark.parametrize(
    ("level", "reason"), [(Level.NONE, ReminderReason.UNBOUND), (Level.WEAK, ReminderReason.WEAK)]
)
def test_the_level_of_the_binding_counts(case: Case, level: Level, reason: ReminderReason) -> None:
    case.bind(level)
    assert case.against is reason


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (AppStanding(is_banned=True), ReminderReason.APP_BANNED),
        (AppStanding(is_held=True), ReminderReason.APP_HELD),
    ],
)
def test_the_app_s_standing_counts(case: Case, standing: AppStanding, reason: ReminderReason) -> None:
    case.standing = standing
    assert case.against is reason


def test_a_personal_key_has_no_standing(case: Case) -> None:
    case.standing = AppStanding(is_banned=True)
    sender = Sender(SenderKind.KEY, "a-ref", "cron")
    case.reminders.put(replace(strong_message(), sender=sender))
    case.readers.senders[OPENID, SenderKind.KEY, "a-ref"] = (Level.STRONG, None, None)
    assert case.against is None


def test_a_user_who_has_unbound_the_app_is_not_reminded(case: Case) -> None:
    case.readers.senders.clear()
    assert case.against is ReminderReason.UNBOUND


def test_an_opt_out_of_minipush_s_messages_stops_no_reminder(case: Case) -> None:
    case.settings = UserSettings(opt_out=True)
    assert case.against is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(strong_message(), is_deleted=True), ReminderReason.DELETED),
        (replace(strong_message(), text_check=TextCheck.BLOCKED), ReminderReason.CONTENT_BLOCKED),
        (replace(strong_message(), text_check=TextCheck.PENDING), None),
    ],
)
def test_a_deleted_message_and_a_risky_text_remind_nobody(
    case: Case, message: InboxMessage, reason: ReminderReason | None
) -> None:
    case.reminders.put(message)
    assert case.against is reason


def test_a_user_may_want_no_second_ping(case: Case) -> None:
    case.preferences.change(OPENID, {"on_unknown": OnUnknown.STOP})
    assert case.read().stops_in_doubt
