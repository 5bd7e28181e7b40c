"""Mails by SES on the emulator, which relays to a real mail server."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from support.reminder_channels import (
    ChannelCase,
    channel_case,
    open_channel,
    quiet_providers,
    reminder,
    settings_for,
)

from local.stack.emulator import Emulator
from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.reminders import ChannelKind

pytestmark = pytest.mark.emulator
ONE_TRY = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChannelCase]:
    with quiet_providers() as providers:
        directory = tmp_path_factory.mktemp("ses")
        with Emulator(directory, smtp_host=providers.urls.smtp.partition("://")[2]) as emulator:
            made = channel_case("smtp", providers)
            made.channel = by_ses(made, emulator.url)
            yield made
            made.close()


def client(url: str) -> Any:
    session = boto3.Session("local", "local", region_name="us-east-1")
    return session.client("sesv2", endpoint_url=url, config=ONE_TRY)


def by_ses(case: ChannelCase, url: str) -> Any:
    settings = settings_for(case.providers, mail_provider="ses")
    return open_channel(ChannelKind.EMAIL, settings, {}, client(url))


def wait_for_mail(case: ChannelCase) -> dict[str, Any]:
    """The emulator relays after its answer."""
    deadline = time.monotonic() + 20
    while not (shown := case.shown()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return shown[0]


def test_an_unverified_sender_is_an_error_of_the_account(case: ChannelCase) -> None:
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)


def test_a_mail_by_ses_arrives(case: ChannelCase) -> None:
    ses = case.channel._postbox._client()  # type: ignore[attr-defined]
    ses.create_email_identity(EmailIdentity="notice@minipush.example")
    result = case.send()
    assert result.verdict is ReminderVerdict.ACCEPTED
    assert result.provider_id
    shown = wait_for_mail(case)
    assert (shown["title"], shown["to"]) == ("【天气小助手】暴雨预警", "anna@example.com")


@pytest.mark.parametrize(("name", "asked"), [("reminders", "reminders"), ("", None)])
def test_a_mail_names_the_set_whose_destination_learns_of_bounces(
    case: ChannelCase, name: str, asked: str | None
) -> None:
    ses = client(case.providers.urls.bark)
    seen: list[str | None] = []
    ses.meta.events.register(
        "provide-client-params.sesv2.SendEmail",
        lambda params, **_: seen.append(params.get("ConfigurationSetName")),
    )
    settings = settings_for(case.providers, mail_provider="ses", mail_configuration_set=name)
    case.channel = open_channel(ChannelKind.EMAIL, settings, {}, ses)
    case.send()
    assert seen == [asked]


def test_ses_out_of_reach_has_taken_nothing(case: ChannelCase) -> None:
    case.channel = by_ses(case, "http://127.0.0.1:1")
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)


def test_a_lost_answer_of_ses_leaves_the_mail_unknown(case: ChannelCase) -> None:
    case.providers.control.fault("reset_after", provider="bark")
    case.channel = by_ses(case, case.providers.urls.bark)
    assert case.send().verdict is ReminderVerdict.UNKNOWN


def test_a_503_that_is_not_of_ses_leaves_the_mail_unknown(case: ChannelCase) -> None:
    case.providers.control.fault("answer", provider="bark", status=503, text="<html>")
    case.channel = by_ses(case, case.providers.urls.bark)
    assert case.send().verdict is ReminderVerdict.UNKNOWN


def test_ses_that_hangs_costs_no_more_than_the_time_given(case: ChannelCase) -> None:
    case.providers.control.fault("hang", provider="bark", seconds=1)
    case.channel = by_ses(case, case.providers.urls.bark)
    assert case.send(timeout=0.2).verdict is ReminderVerdict.UNKNOWN


def test_a_mail_that_waits_for_a_thread_is_not_sent_later(case: ChannelCase) -> None:
    case.providers.control.fault("hang", provider="bark", seconds=1, times=10)
    case.channel = by_ses(case, case.providers.urls.bark)
    hanging = [case.channel.send(reminder(), case.address, 0.5) for _ in range(11)]

    async def all_at_once() -> list[ReminderResult]:
        return await asyncio.gather(*hanging)

    verdicts = Counter(result.verdict for result in case.loop.run(all_at_once()))
    assert verdicts == {ReminderVerdict.UNKNOWN: 10, ReminderVerdict.REJECTED: 1}


def test_a_function_without_credentials_is_an_error_of_the_account(case: ChannelCase) -> None:
    def refuse() -> Any:
        raise NoCredentialsError

    case.channel = open_channel(ChannelKind.EMAIL, settings_for(case.providers, mail_provider="ses"), {})
    case.channel._postbox._client = refuse  # type: ignore[attr-defined]
    assert case.send().concerns is Concerns.ACCOUNT
    assert case.channel.host(case.address) == "ses"
