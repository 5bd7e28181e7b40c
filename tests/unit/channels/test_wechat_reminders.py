"""Reminders inside WeChat: by the official account, and through the permit ledger."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from support.delivery_case import OPENID, Case
from support.memory import MemoryRefusalCounts, MemoryTemplates
from support.rate_gate import FreeSlots
from support.reminder_channels import MESSAGE_ID, Clients
from support.sending import MemorySendingSwitch
from support.simulated_wechat import KilledError

from minipush.application.centre.find_linked_channel import FindLinkedChannel
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import DeliveryDependencies
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.delivery.second_check import SecondCheck
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.messages.check_fields import CheckFields
from minipush.application.ports.reminder_channel import (
    Concerns,
    ReminderChannel,
    ReminderResult,
    ReminderVerdict,
)
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.channels.reminder_fields import reminder_fields
from minipush.channels.reminder_settings import ReminderSettings
from minipush.channels.reminders import REMINDER_CHANNELS
from minipush.domain.centre.errors import ChannelUnavailableError
from minipush.domain.centre.message_ids import id_at
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderReason
from minipush.domain.follower import Follower
from minipush.domain.sending import Sending
from minipush.domain.users import UserSettings

# 2026-11-30 14:05 in China.
AT = 1_796_018_700_000
SETTINGS = ReminderSettings(official_reminder_template="O1", subscribe_reminder_template="T1")
INBOX = "pages/inbox/index"
OFFICIAL, SUBSCRIBE = ChannelKind.OFFICIAL, ChannelKind.SUBSCRIBE


@dataclass
class Reminders:
    """A user who follows the official account and has accepted the template once."""

    case: Case = field(default_factory=Case)
    switch: MemorySendingSwitch = field(default_factory=MemorySendingSwitch)
    settings: ReminderSettings = SETTINGS

    def __post_init__(self) -> None:
        wechat = self.case.sky.wechat
        self.there = wechat.official.follow(wechat.users.add(OPENID).unionid)
        self.case.store.followers[OPENID] = Follower(self.there.openid, follows=True)
        self.case.accept("a")

    def channel(self, kind: ChannelKind) -> ReminderChannel:
        official = self.case.sky.official_client
        clients: Any = Clients(
            self.settings, {}, official_client=official, send_messages=self.send_messages()
        )
        return REMINDER_CHANNELS[kind].open(clients)

    def send_messages(self) -> SendMessages:
        case = self.case
        dependencies = DeliveryDependencies(
            ledger=case.store,
            channel=case.sky.channel,
            rate_gate=FreeSlots(),
            clock=case.milliseconds,
            retry_policy=case.retry_policy,
        )
        counts = MemoryRefusalCounts()
        again = SecondCheck(counts, Deliver(dependencies).send_again, case.milliseconds)
        guard = DirectRefusalGuard(case.store, counts, case.milliseconds, again)
        deliver = Deliver(dependencies, guard.defer)
        fields = CheckFields(MemoryTemplates())
        return SendMessages(case.store, fields, deliver, guard, SendingWatch(self.switch))

    def address(self, kind: ChannelKind) -> ChannelAddress:
        return ChannelAddress(kind, self.there.openid if kind is OFFICIAL else OPENID)

    def send(self, kind: ChannelKind, *faults: str, **changes: Any) -> ReminderResult:
        given: dict[str, Any] = {
            "message_id": MESSAGE_ID,
            "sender": "天气",
            "title": "t",
            "body": "b",
            "at": AT,
        }
        self.case.sky.plan_faults(faults)
        sending = self.channel(kind).send(Reminder(**(given | changes)), self.address(kind), 5)
        return asyncio.run(sending)

    def change_wechat(self, **settings: Any) -> None:
        wechat = self.case.sky.wechat
        wechat.settings = wechat.settings.model_copy(update=settings)

    @property
    def messages(self) -> list[Any]:
        return list(self.case.sky.wechat.ledger.messages)

    def find_linked(self, kind: ChannelKind) -> ChannelAddress | None:
        find = FindLinkedChannel(
            self.case.store,
            self.case.milliseconds,
            subscribe=SUBSCRIBE_MESSAGE,
            subscribe_template="T1",
            has_official=True,
        )
        return find(OPENID, kind)


@pytest.fixture
def reminders() -> Reminders:
    return Reminders()


def verdict(result: ReminderResult) -> tuple[Any, Any, Any]:
    return result.verdict, result.concerns, result.reason


@pytest.mark.parametrize("kind", [OFFICIAL, SUBSCRIBE])
def test_a_reminder_names_the_sender_and_the_time_and_nothing_else(
    reminders: Reminders, kind: ChannelKind
) -> None:
    result = reminders.send(kind)
    [message] = reminders.messages
    assert (result.verdict, result.provider_id) == (ReminderVerdict.ACCEPTED, str(message.msgid))
    assert message.data == {"thing1": {"value": "天气"}, "time2": {"value": "2026年11月30日 14:05"}}
    assert message.openid == reminders.address(kind).text


def test_a_reminder_leads_to_the_inbox(reminders: Reminders) -> None:
    reminders.settings = replace(SETTINGS, inbox_page=INBOX)
    for kind in (OFFICIAL, SUBSCRIBE):
        assert reminders.send(kind).verdict is ReminderVerdict.ACCEPTED
    official, subscribe = reminders.messages
    assert official.miniprogram == {"appid": reminders.case.sky.wechat.appid, "pagepath": INBOX}
    assert subscribe.page == INBOX


def test_without_an_inbox_page_the_official_account_leads_to_the_first_page(reminders: Reminders) -> None:
    for kind in (OFFICIAL, SUBSCRIBE):
        assert reminders.send(kind).verdict is ReminderVerdict.ACCEPTED
    official, subscribe = reminders.messages
    assert official.miniprogram == {"appid": reminders.case.sky.wechat.appid}
    assert subscribe.page is None


def test_a_link_that_wechat_refuses_costs_the_link_and_not_the_reminder(reminders: Reminders) -> None:
    reminders.settings = replace(SETTINGS, inbox_page="pages/gone")
    reminders.change_wechat(released_pages=frozenset({INBOX}))
    assert reminders.send(OFFICIAL).verdict is ReminderVerdict.ACCEPTED
    [message] = reminders.messages
    assert (message.miniprogram, message.client_msg_id) == (None, id_at(MESSAGE_ID, AT))


def test_a_page_that_is_not_released_fails_a_subscription_message(reminders: Reminders) -> None:
    reminders.settings = replace(SETTINGS, inbox_page="pages/gone")
    reminders.change_wechat(released_pages=frozenset({INBOX}))
    assert reminders.send(SUBSCRIBE).concerns is Concerns.ACCOUNT


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("天" * 20, "天" * 20),
        ("天" * 21, "天" * 19 + "…"),
        ("a\nb", "a b"),
        ("", "-"),
        ("😀" * 11, "😀" * 9 + "…"),
    ],
)
def test_a_name_fits_into_its_field(name: str, shown: str) -> None:
    assert reminder_fields(name, AT)["thing1"]["value"] == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("天气 ⭐", "天气"), ("😀" * 11, "-"), ("👩‍💻", "-"), ("❤️茶" * 10, "❤茶" * 10)]
)
def test_the_official_account_tells_a_name_without_emoji(reminders: Reminders, name: str, shown: str) -> None:
    reminders.send(OFFICIAL, sender=name)
    [message] = reminders.messages
    assert message.data["thing1"] == {"value": shown}


@pytest.mark.parametrize("repeat_answer", ["same_msgid", "zero_msgid", "40241"])
def test_a_repeat_by_the_official_account_reaches_nobody_twice(
    reminders: Reminders, repeat_answer: str
) -> None:
    reminders.change_wechat(repeat_answer=repeat_answer)
    assert reminders.send(OFFICIAL, "lost_after").verdict is ReminderVerdict.UNKNOWN
    assert reminders.send(OFFICIAL, is_repeat=True, first_try=AT).verdict is ReminderVerdict.ACCEPTED
    assert [message.client_msg_id for message in reminders.messages] == [id_at(MESSAGE_ID, AT)]


def test_an_update_of_a_message_is_no_repeat(reminders: Reminders) -> None:
    for at in (AT, AT + 60_000):
        assert reminders.send(OFFICIAL, at=at).verdict is ReminderVerdict.ACCEPTED
    assert len(reminders.messages) == 2


def test_nine_minutes_are_promised_for_a_repeat_by_the_official_account(reminders: Reminders) -> None:
    assert reminders.channel(OFFICIAL).repeat_ms == 9 * 60 * 1000
    assert reminders.channel(SUBSCRIBE).repeat_ms == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("duplicate", (Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED)),
        ("busy", (Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE)),
        ("unreached", (Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE)),
        ("quota", (Concerns.PROVIDER, ReminderReason.PROVIDER_LIMIT)),
        ("no_template", (Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED)),
    ],
)
def test_what_a_refusal_by_the_official_account_concerns(
    reminders: Reminders, fault: str, told: tuple[Concerns, ReminderReason]
) -> None:
    assert verdict(reminders.send(OFFICIAL, fault)) == (ReminderVerdict.REJECTED, *told)


def test_one_follower_who_gets_no_more_says_nothing_of_the_others(reminders: Reminders) -> None:
    reminders.change_wechat(official_to_one_user_per_minute=1)
    assert reminders.send(OFFICIAL).verdict is ReminderVerdict.ACCEPTED
    refused = (ReminderVerdict.REJECTED, Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT)
    assert verdict(reminders.send(OFFICIAL, at=AT + 1)) == refused


def test_who_unfollowed_is_a_dead_address(reminders: Reminders) -> None:
    reminders.case.sky.wechat.official.unfollow(reminders.there)
    assert reminders.send(OFFICIAL).concerns is Concerns.ADDRESS


def test_an_accept_is_spent_once(reminders: Reminders) -> None:
    assert reminders.send(SUBSCRIBE).verdict is ReminderVerdict.ACCEPTED
    other = reminders.send(SUBSCRIBE, message_id="other")
    assert verdict(other) == (
        ReminderVerdict.REJECTED,
        Concerns.MESSAGE,
        ReminderReason.PROVIDER_REFUSED,
    )
    assert len(reminders.messages) == 1


def test_a_lost_answer_to_a_subscription_stays_unknown(reminders: Reminders) -> None:
    reminders.case.accept("b")
    assert reminders.send(SUBSCRIBE, "lost_after").verdict is ReminderVerdict.UNKNOWN
    assert reminders.send(SUBSCRIBE).verdict is ReminderVerdict.UNKNOWN
    assert len(reminders.messages) == 1


def test_a_worker_that_dies_over_a_subscription_spends_no_second_accept(reminders: Reminders) -> None:
    reminders.case.accept("b")
    with pytest.raises(KilledError):
        reminders.send(SUBSCRIBE, "killed_after")
    assert reminders.send(SUBSCRIBE).verdict is ReminderVerdict.UNKNOWN
    assert len(reminders.messages) == 1


def test_an_opt_out_of_campaigns_stops_no_reminder(reminders: Reminders) -> None:
    reminders.case.store.settings[OPENID] = UserSettings(opt_out=True)
    assert reminders.send(SUBSCRIBE).verdict is ReminderVerdict.ACCEPTED


def test_the_red_switch_stops_reminders_that_spend_permits(reminders: Reminders) -> None:
    reminders.switch.turn(Sending(enabled=False))
    assert reminders.send(SUBSCRIBE).concerns is Concerns.RED_SWITCH
    assert reminders.messages == []


@pytest.mark.parametrize("kind", [OFFICIAL, SUBSCRIBE])
def test_what_was_sent_cannot_be_recalled(reminders: Reminders, kind: ChannelKind) -> None:
    assert reminders.send(kind, is_recall=True).concerns is Concerns.MESSAGE
    assert reminders.messages == []


@pytest.mark.parametrize("kind", [OFFICIAL, SUBSCRIBE])
def test_a_user_names_the_channel_without_an_address(reminders: Reminders, kind: ChannelKind) -> None:
    assert REMINDER_CHANNELS[kind].read_address is None
    assert reminders.find_linked(kind) == reminders.address(kind)


def test_a_channel_needs_a_follow_or_an_accept(reminders: Reminders) -> None:
    reminders.case.store.followers[OPENID] = Follower(reminders.there.openid, follows=False)
    reminders.send(SUBSCRIBE)
    assert [reminders.find_linked(kind) for kind in (OFFICIAL, SUBSCRIBE)] == [None] * 2


def test_without_a_template_neither_is_offered() -> None:
    nothing = ReminderSettings()
    assert [REMINDER_CHANNELS[kind].is_offered(nothing) for kind in (OFFICIAL, SUBSCRIBE)] == [False, False]
    assert [REMINDER_CHANNELS[kind].is_offered(SETTINGS) for kind in (OFFICIAL, SUBSCRIBE)] == [True, True]


@pytest.mark.parametrize("kind", [OFFICIAL, SUBSCRIBE])
def test_nobody_can_name_a_channel_that_is_not_offered(reminders: Reminders, kind: ChannelKind) -> None:
    find = FindLinkedChannel(
        reminders.case.store,
        lambda: AT,
        subscribe=SUBSCRIBE_MESSAGE,
        subscribe_template="",
        has_official=False,
    )
    with pytest.raises(ChannelUnavailableError):
        find(OPENID, kind)
