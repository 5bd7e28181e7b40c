"""Mails over connections with TLS and a password, and each phase in which a server may refuse or be lost."""

import socket
import ssl
from collections.abc import Iterator

import pytest
import trustme
from support.reminder_channels import (
    ChannelCase,
    channel_case,
    open_channel,
    quiet_providers,
    reminder,
    secret_for,
    settings_for,
)

from local.providers.providers import Providers
from local.providers.smtp import SmtpOptions
from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.domain.centre.reminders import ChannelKind


def certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def case() -> Iterator[ChannelCase]:
    with quiet_providers() as providers:
        made = channel_case("smtp", providers)
        yield made
        made.close()


def mail_case(
    providers: Providers, user: str = "", password: str = "", host: str = "127.0.0.1"
) -> ChannelCase:
    made = channel_case("smtp", providers)
    scheme, _, address = providers.urls.smtp.replace("127.0.0.1", host).partition("://")
    url = f"{scheme}://{user}:{password}@{address}" if user else providers.urls.smtp
    secret = secret_for(providers) | {"smtp_url": url}
    made.channel = open_channel(ChannelKind.EMAIL, settings_for(providers), secret)
    return made


@pytest.mark.parametrize("is_implicit", [False, True], ids=["starttls", "tls"])
def test_a_password_goes_over_tls(is_implicit: bool) -> None:
    options = SmtpOptions(user="anna", password="pass word", tls=certificate(), is_implicit=is_implicit)
    with quiet_providers(smtp=options) as providers:
        case = mail_case(providers, "anna", "pass%20word")
        assert case.send().verdict is ReminderVerdict.ACCEPTED
        assert len(case.shown()) == 1
        case.close()


def test_a_wrong_password_is_an_error_of_the_account() -> None:
    options = SmtpOptions(user="anna", password="right", tls=certificate())
    with quiet_providers(smtp=options) as providers:
        case = mail_case(providers, "anna", "wrong")
        result = case.send()
        case.close()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)


def test_a_server_that_wants_a_password_gets_none_is_an_error_of_the_account() -> None:
    with quiet_providers(smtp=SmtpOptions(user="anna", password="right", tls=certificate())) as providers:
        case = mail_case(providers)
        result = case.send()
        case.close()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)


def test_no_password_goes_in_clear_over_a_network() -> None:
    """Connecting to 0.0.0.0 reaches this machine by an address that isn't a loopback address."""
    with quiet_providers(smtp=SmtpOptions(user="anna", password="right")) as providers:
        case = mail_case(providers, "anna", "right", host="0.0.0.0")  # noqa: S104
        result = case.send()
        case.close()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)
    assert "not sent" in str(result.detail)


def test_a_certificate_that_nobody_vouches_for_ends_the_connection() -> None:
    with quiet_providers(smtp=SmtpOptions(tls=certificate())) as providers:
        case = mail_case(providers, "anna", "right", host="0.0.0.0")  # noqa: S104
        result = case.send()
        case.close()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)


def test_a_server_without_log_in_is_an_error_of_the_account() -> None:
    with quiet_providers() as providers:
        case = mail_case(providers, "anna", "right")
        case.fault("refuse", code="502", phase="auth", text="502 no AUTH here")
        result = case.send()
        case.close()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ACCOUNT)


@pytest.mark.parametrize("url", ["", "mail.example.com", "smtp://127.0.0.1:port"])
def test_a_server_that_is_not_configured_is_an_error_of_the_account(case: ChannelCase, url: str) -> None:
    settings = settings_for(case.providers)
    case.channel = open_channel(ChannelKind.EMAIL, settings, {"smtp_url": url})
    assert case.send().concerns is Concerns.ACCOUNT
    assert case.channel.host(case.address) in ("", "127.0.0.1")


@pytest.mark.parametrize(
    ("code", "phase", "concerns"),
    [
        ("550", "rcpt", Concerns.ADDRESS), ("550", "dot", Concerns.ADDRESS), ("450", "rcpt", Concerns.PROVIDER),
        ("451", "dot", Concerns.PROVIDER), ("452", "mail", Concerns.PROVIDER), ("554", "dot", Concerns.MESSAGE),
        ("550", "mail", Concerns.ACCOUNT), ("535", "mail", Concerns.ACCOUNT), ("552", "dot", Concerns.MESSAGE),
    ],
)  # fmt: skip
def test_a_reply_in_any_phase_is_certain(
    case: ChannelCase, code: str, phase: str, concerns: Concerns
) -> None:
    case.fault("refuse", code=code, phase=phase)
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, concerns)
    assert case.shown() == []


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt"])
@pytest.mark.parametrize("action", ["reset_before", "garbage", "huge"])
def test_a_connection_lost_before_the_final_dot_has_taken_nothing(
    case: ChannelCase, phase: str, action: str
) -> None:
    case.fault(action, phase=phase)
    result = case.send()
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)
    assert case.shown() == []


@pytest.mark.parametrize("phase", ["connect", "mail", "rcpt"])
def test_a_server_that_hangs_before_the_final_dot_has_taken_nothing(case: ChannelCase, phase: str) -> None:
    case.fault("hang", phase=phase, seconds=60)
    result = case.send(timeout=0.3)
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.PROVIDER)
    assert case.shown() == []


def test_a_server_that_never_greets_has_taken_nothing(case: ChannelCase) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        secret = {"smtp_url": f"smtp://127.0.0.1:{listener.getsockname()[1]}"}
        case.channel = open_channel(ChannelKind.EMAIL, settings_for(case.providers), secret)
        assert case.send(timeout=0.3).concerns is Concerns.PROVIDER


def test_a_line_that_begins_with_a_dot_arrives_as_it_is(case: ChannelCase) -> None:
    case.send(reminder(title="t", sender="t", body=".\n..\n.end", at=0))
    assert ".\n..\n.end" in case.shown()[0]["text"].replace("\r\n", "\n")
