"""Text messages: what the provider knows of one in doubt, limits of a number, and wrong keys."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.reminder_channels import (
    NUMBER,
    ChannelCase,
    channel_case,
    open_channel,
    quiet_providers,
    reminder,
    secret_for,
    settings_for,
)

from local.providers.sms.account import SmsOptions
from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, ReminderReason

PROVIDERS = ("aliyun", "tencent")


@pytest.fixture(params=PROVIDERS)
def case(request: pytest.FixtureRequest) -> Iterator[ChannelCase]:
    with quiet_providers() as providers:
        made = channel_case(request.param, providers)
        yield made
        made.close()


@pytest.mark.parametrize("case", ["aliyun"], indirect=True)
def test_aliyun_knows_what_became_of_a_lost_answer(case: ChannelCase) -> None:
    case.fault("reset_after")
    sent = reminder()
    assert case.send(sent).verdict is ReminderVerdict.UNKNOWN
    found = case.find(replace(sent, first_try=sent.at, is_repeat=True))
    assert found is not None
    assert found.verdict is ReminderVerdict.ACCEPTED
    assert len(case.shown()) == 1


@pytest.mark.parametrize("count", [60, 160])
def test_a_message_is_found_behind_many_others(count: int) -> None:
    """Three pages of fifty are read: no number gets more in a day."""
    with quiet_providers(sms=SmsOptions(has_limits=False)) as providers:
        case = channel_case("aliyun", providers)
        sent = reminder()
        for number in range(count + 1):
            case.send(reminder(message_id=f"{number:032}") if number else sent)
        assert (case.find(sent) is not None) is (count < 150)
        case.close()


@pytest.mark.parametrize("case", ["aliyun"], indirect=True)
def test_a_message_that_aliyun_does_not_list_stays_unknown(case: ChannelCase) -> None:
    sent = reminder()
    case.send(reminder(message_id=sent.message_id[:-7] + "another"))
    case.fault("reset_before")
    assert case.send(sent).verdict is ReminderVerdict.UNKNOWN
    assert case.find(replace(sent, first_try=sent.at)) is None


@pytest.mark.parametrize("case", ["aliyun"], indirect=True)
def test_a_message_that_was_not_delivered_goes_by_another_channel(case: ChannelCase) -> None:
    sent = reminder()
    details = [{"OutId": sent.sending_id, "SendStatus": 2, "ErrCode": "MOBILE_NOT_ON_SERVICE"}]
    answer = {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}
    case.fault("answer", status=200, text=json.dumps(answer))
    found = case.find(sent)
    assert found is not None
    assert (found.verdict, found.concerns) == (ReminderVerdict.REJECTED, Concerns.MESSAGE)


@pytest.mark.parametrize("status", [302, 401, 429, 500, 503])
def test_an_answer_of_a_proxy_is_read_by_its_status(case: ChannelCase, status: int) -> None:
    case.fault("answer", status=status, text="<html>")
    concerns = {302: Concerns.ACCOUNT, 401: Concerns.ACCOUNT, 429: Concerns.PROVIDER}
    assert case.send().concerns is concerns.get(status)


def test_a_proxy_that_answers_503_may_hide_a_message_that_went_out(case: ChannelCase) -> None:
    case.fault("answer", taken=True, status=503, text="<html>")
    sent = reminder()
    assert case.send(sent).verdict is ReminderVerdict.UNKNOWN
    assert len(case.shown()) == 1
    found = case.find(replace(sent, first_try=sent.at, is_repeat=True))
    assert (found and found.verdict) is (ReminderVerdict.ACCEPTED if case.name == "aliyun" else None)


def test_a_provider_that_says_itself_that_it_is_busy_has_taken_nothing(case: ChannelCase) -> None:
    own = {
        "aliyun": {"Code": "ServiceUnavailable"},
        "tencent": {"Response": {"Error": {"Code": "ResourceUnavailable"}}},
    }
    case.fault("answer", status=503, text=json.dumps(own[case.name]))
    assert case.send().concerns is Concerns.PROVIDER


@pytest.mark.parametrize("case", ["aliyun"], indirect=True)
@pytest.mark.parametrize("action", ["reset_before", "garbage", "huge", "answer"])
def test_a_question_that_fails_leaves_the_doubt(case: ChannelCase, action: str) -> None:
    sent = reminder()
    case.send(sent)
    case.fault(action)
    assert case.find(sent) is None


@pytest.mark.parametrize("case", ["tencent"], indirect=True)
def test_tencent_can_not_be_asked(case: ChannelCase) -> None:
    sent = reminder()
    case.send(sent)
    assert case.find(sent) is None
    assert case.channel.find_after_ms == 0


def test_a_second_code_within_a_minute_meets_the_numbers_limit(case: ChannelCase) -> None:
    assert case.send_code("111111").verdict is ReminderVerdict.ACCEPTED
    result = case.send_code("222222")
    assert (result.concerns, result.reason) == (Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT)
    case.providers.control.advance(61)
    assert case.send_code("333333").verdict is ReminderVerdict.ACCEPTED


@pytest.mark.parametrize("wrong", [{"sms_key_secret": "wrong"}, {"sms_key_id": "wrong"}])
def test_a_wrong_key_is_an_error_of_the_account(case: ChannelCase, wrong: dict[str, str]) -> None:
    settings, secret = settings_for(case.providers, case.name), secret_for(case.providers) | wrong
    case.channel = open_channel(ChannelKind.SMS, settings, secret)
    assert case.send().concerns is Concerns.ACCOUNT
    assert case.shown() == []


@pytest.mark.parametrize("wrong", [{"sms_sign_name": "其他"}, {"sms_template_reminder": "SMS_OTHER"}])
def test_a_wrong_sign_or_template_is_an_error_of_the_account(
    case: ChannelCase, wrong: dict[str, str]
) -> None:
    settings = settings_for(case.providers, case.name, **wrong)
    case.channel = open_channel(ChannelKind.SMS, settings, secret_for(case.providers))
    assert case.send().concerns is Concerns.ACCOUNT


def test_a_senders_name_that_looks_like_an_address_is_sent_without_it(case: ChannelCase) -> None:
    assert case.send(reminder(sender="看 https://evil.com/x")).verdict is ReminderVerdict.ACCEPTED
    [shown] = case.shown()
    assert "evil" not in shown["text"]


def test_a_text_says_who_and_not_what(case: ChannelCase) -> None:
    case.send()
    [shown] = case.shown()
    assert shown["fields"]["variables"] == {"app": "天气小助手"}
    assert "暴雨" not in shown["text"]


@pytest.mark.parametrize("case", ["tencent"], indirect=True)
def test_a_number_that_has_refused_is_dead(case: ChannelCase) -> None:
    case.providers.control.blacklist(NUMBER)
    assert case.send().concerns is Concerns.ADDRESS


@pytest.mark.parametrize("case", ["aliyun"], indirect=True)
def test_a_number_that_is_none_is_dead(case: ChannelCase) -> None:
    case.address = ChannelAddress(ChannelKind.SMS, "+8612345")
    assert case.send().concerns is Concerns.ADDRESS
