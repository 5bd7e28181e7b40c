"""Operators learn why a provider did not take a reminder or a code."""

import asyncio
from typing import Any

import pytest
from support.reminder_case import ReminderCase
from support.reminders import (
    ACCEPTED,
    LOST,
    OPENID,
    MemoryChannelRefusals,
    MemoryChannels,
    ScriptedChannel,
    own_channels,
    rejected,
)

from minipush.application.centre.failed_tries import FailedTries
from minipush.application.ports.centre.channel_refusals import ChannelRefusal
from minipush.application.ports.reminder_channel import Concerns
from minipush.domain.centre.errors import ChannelUnavailableError
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, ReminderStatus
from minipush.domain.ids import user_hash
from minipush.errors import StoreError

NOW = 1_800_000_000_000
EMAIL, SMS = ChannelKind.EMAIL, ChannelKind.SMS
LINE = "a provider did not take a reminder"
WRONG_PASSWORD = rejected(Concerns.ACCOUNT, detail="535 5.7.8 authentication failed")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == LINE]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO")
    return caplog


def test_a_refused_account_is_logged_and_kept(logged: pytest.LogCaptureFixture) -> None:
    channel = ScriptedChannel(EMAIL, iter([WRONG_PASSWORD]))
    case = ReminderCase({EMAIL: channel})
    sk = case.push()
    case.run_all()
    assert case.state(sk).status is ReminderStatus.FAILED
    [line] = lines(logged)
    assert (line["levelname"], line["kind"], line["concerns"]) == ("WARNING", "email", "account")
    assert (line["verdict"], line["detail"]) == ("rejected", WRONG_PASSWORD.detail)
    assert line["user"] == user_hash(OPENID)
    assert case.refusals.refusals == {EMAIL: ChannelRefusal(case.now, str(WRONG_PASSWORD.detail))}


@pytest.mark.parametrize(
    "result",
    [LOST, rejected(Concerns.ADDRESS), rejected(Concerns.MESSAGE), rejected(Concerns.PROVIDER)],
    ids=["lost", "address", "message", "provider"],
)
def test_what_does_not_concern_the_account_is_logged_only(
    logged: pytest.LogCaptureFixture, result: Any
) -> None:
    case = ReminderCase({EMAIL: ScriptedChannel(EMAIL, iter([result]))})
    case.push()
    case.run_all()
    [line] = lines(logged)
    assert (line["levelname"], line["concerns"]) == ("INFO", result.concerns and result.concerns.value)
    assert case.refusals.refusals == {}


def test_what_was_sent_or_not_tried_is_no_line(logged: pytest.LogCaptureFixture) -> None:
    tries = FailedTries(MemoryChannelRefusals(), lambda: NOW)
    for result in (ACCEPTED, rejected(Concerns.RED_SWITCH)):
        tries.note(OPENID, EMAIL, result, ())
    assert lines(logged) == []


def test_a_kind_is_written_down_once_a_minute(logged: pytest.LogCaptureFixture) -> None:
    now = NOW
    refusals = MemoryChannelRefusals()
    tries = FailedTries(refusals, lambda: now)
    for _ in range(100):
        tries.note(OPENID, EMAIL, WRONG_PASSWORD, ())
    tries.note(OPENID, SMS, WRONG_PASSWORD, ())
    assert (refusals.writes, len(lines(logged))) == (2, 101)
    now += 60_000
    tries.note(OPENID, EMAIL, rejected(Concerns.ACCOUNT, detail="550 pay first"), ())
    assert refusals.read(EMAIL) == ChannelRefusal(now, "550 pay first")


def test_a_provider_that_repeats_the_message_is_not_quoted(logged: pytest.LogCaptureFixture) -> None:
    said = rejected(Concerns.MESSAGE, detail="554 spam: Water / The roses are dry. to an-address")
    case = ReminderCase({EMAIL: ScriptedChannel(EMAIL, iter([said]))})
    case.push()
    case.run_all()
    [line] = lines(logged)
    assert line["detail"] == "554 spam: … / … to …"


def test_a_short_text_does_not_take_the_sense_out_of_an_answer(logged: pytest.LogCaptureFixture) -> None:
    FailedTries(MemoryChannelRefusals(), lambda: NOW).note(OPENID, EMAIL, WRONG_PASSWORD, ["5", "a"])
    [line] = lines(logged)
    assert line["detail"] == WRONG_PASSWORD.detail


def test_a_store_that_is_gone_costs_no_reminder(caplog: pytest.LogCaptureFixture) -> None:
    class Gone(MemoryChannelRefusals):
        def keep(self, kind: ChannelKind, refusal: ChannelRefusal) -> None:
            raise StoreError("gone")

    FailedTries(Gone(), lambda: NOW).note(OPENID, EMAIL, WRONG_PASSWORD, ())
    assert "a channel's refusal could not be kept" in caplog.text


def test_a_code_that_is_not_taken_has_a_line_without_the_code_and_the_address(
    logged: pytest.LogCaptureFixture,
) -> None:
    class Echo(ScriptedChannel):
        async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> Any:
            return rejected(Concerns.ACCOUNT, detail=f"isv.SMS_SIGN {code} {address.text}")

    own = own_channels(MemoryChannels(), Echo(SMS), lambda: NOW)
    with pytest.raises(ChannelUnavailableError):
        asyncio.run(own.set_address(OPENID, ChannelAddress(SMS, "+8613800138000")))
    [line] = lines(logged)
    assert (line["kind"], line["detail"]) == ("sms", "isv.SMS_SIGN … …")
