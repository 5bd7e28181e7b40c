"""What every channel of reminders promises, over sockets, with the server that stands for its provider."""

import time
from collections.abc import Iterator

import pytest
from support.reminder_channels import MESSAGE_ID, NAMES, ChannelCase, channel_case, quiet_providers, reminder

from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.domain.centre.message_ids import id_at
from minipush.domain.centre.reminders import ReminderReason

# Where the phases of a mail leave no doubt, others can't tell a request that was lost from an answer that was.
HTTP = ("bark", "aliyun", "tencent")


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest) -> Iterator[ChannelCase]:
    with quiet_providers() as providers:
        made = channel_case(request.param, providers)
        yield made
        made.close()


def phase(case: ChannelCase) -> dict[str, str]:
    """A mail server takes a mail with its reply to the final dot."""
    return {"phase": "dot"} if case.name == "smtp" else {}


def test_an_accepted_reminder_arrives_once_under_its_id(case: ChannelCase) -> None:
    now = reminder().at
    sent = reminder(message_id=id_at(MESSAGE_ID, now), at=now)
    assert case.send(sent).verdict is ReminderVerdict.ACCEPTED
    assert [(each["id"], each["rings"]) for each in case.shown()] == [(sent.message_id, 1)]


def test_a_reminder_names_its_sender(case: ChannelCase) -> None:
    case.send()
    [shown] = case.shown()
    assert "天气小助手" in shown["title"] + shown["text"]


def test_a_code_arrives(case: ChannelCase) -> None:
    assert case.send_code("482913").verdict is ReminderVerdict.ACCEPTED
    [shown] = case.shown()
    assert "482913" in shown["title"] + shown["text"]


def test_a_dead_address_is_rejected_for_good(case: ChannelCase) -> None:
    case.fault(**case.dead)
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ADDRESS)
    assert result.reason is ReminderReason.CHANNEL_DEAD
    assert case.shown() == []


def test_a_busy_provider_may_be_asked_again(case: ChannelCase) -> None:
    case.fault(**case.busy)
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)
    assert case.send().verdict is ReminderVerdict.ACCEPTED


def test_an_error_of_the_account_is_not_the_users(case: ChannelCase) -> None:
    case.fault(**case.account)
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)
    assert result.reason is ReminderReason.PROVIDER_REFUSED


def test_a_lost_answer_leaves_the_reminder_unknown(case: ChannelCase) -> None:
    case.fault("reset_after", **phase(case))
    assert case.send().verdict is ReminderVerdict.UNKNOWN
    assert len(case.shown()) == 1


def test_a_reminder_is_sent_once_however_its_answer_is_lost(case: ChannelCase) -> None:
    case.send()  # the next one finds a kept connection
    case.fault("reset_before", **phase(case))
    assert case.send(reminder(message_id="another" + MESSAGE_ID[7:])).verdict is ReminderVerdict.UNKNOWN
    assert len(case.shown()) == 1


def test_a_provider_that_hangs_costs_no_more_than_the_time_given(case: ChannelCase) -> None:
    case.fault("hang", taken=True, seconds=60, **phase(case))
    began = time.monotonic()
    assert case.send(timeout=0.5).verdict is ReminderVerdict.UNKNOWN
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("action", ["garbage", "huge"])
def test_an_answer_that_is_none_leaves_the_reminder_unknown(case: ChannelCase, action: str) -> None:
    case.fault(action, taken=True, **phase(case))
    began = time.monotonic()
    assert case.send().verdict is ReminderVerdict.UNKNOWN
    assert time.monotonic() - began < 3
    assert len(case.shown()) == 1


def test_a_provider_out_of_reach_has_taken_nothing(case: ChannelCase) -> None:
    case.providers.close()
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)
    assert result.reason is ReminderReason.PROVIDER_UNAVAILABLE


def test_no_detail_says_where_the_reminder_went(case: ChannelCase) -> None:
    texts = {"bark": "push failed: " + case.to, "smtp": f"550 no <{case.to}>"}
    if case.name in texts:
        case.fault("answer", status=500, text=texts[case.name])
    else:
        case.fault(**case.dead)
    assert case.to not in str(case.send().detail)


def test_the_breaker_stands_before_the_providers_host(case: ChannelCase) -> None:
    assert "127.0.0.1" in case.channel.host(case.address)


@pytest.mark.parametrize("case", ["smtp", "aliyun", "tencent"], indirect=True)
def test_what_can_not_be_recalled_is_not_sent_again(case: ChannelCase) -> None:
    case.send()
    result = case.send(reminder(is_recall=True))
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.MESSAGE)
    assert len(case.shown()) == 1


def test_only_a_provider_that_can_be_asked_finds_a_reminder(case: ChannelCase) -> None:
    sent = reminder()
    case.send(sent)
    can_be_asked = case.channel.find_after_ms > 0
    assert (case.find(sent) is not None) is can_be_asked


@pytest.mark.parametrize("case", HTTP, indirect=True)
def test_a_redirect_is_not_followed(case: ChannelCase) -> None:
    with quiet_providers() as canary:
        case.fault("redirect", location=canary.urls.bark + "/push")
        assert case.send().verdict is ReminderVerdict.REJECTED
        assert canary.control.counts()["bark"] == 0
