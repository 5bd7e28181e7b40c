"""Which channels of reminders a function offers, by its environment."""

from types import SimpleNamespace
from typing import Any

import pytest
from support.environment import ENVIRONMENT

from minipush.container.message_centre import MessageCentre
from minipush.domain.centre.reminders import ChannelKind

CHANNELS = {
    "BARK_API_BASE": "https://api.day.app",
    "MAIL_FROM": "notice@minipush.example",
    "SMS_PROVIDER": "tencent",
}


def centre() -> MessageCentre:
    secrets: Any = SimpleNamespace(read=lambda arn: {"smtp_url": arn})
    container: Any = SimpleNamespace(secrets=secrets)
    return MessageCentre(container, SimpleNamespace())  # type: ignore[arg-type]


def offered(monkeypatch: pytest.MonkeyPatch, **environment: str) -> set[ChannelKind]:
    for name in CHANNELS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    find = centre().reminder_channel
    return {kind for kind in ChannelKind if kind not in ("official", "subscribe") and find(kind)}


def test_a_function_offers_the_channels_whose_settings_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered(monkeypatch) == set()
    for name, kind in zip(CHANNELS, (ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS), strict=True):
        assert offered(monkeypatch, **{name: CHANNELS[name]}) == {kind}


def test_a_channel_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARK_API_BASE", "https://api.day.app")
    find = centre().reminder_channel
    assert find(ChannelKind.BARK) is find(ChannelKind.BARK)


@pytest.mark.parametrize(("name", "value"), [("MAIL_PROVIDER", "post"), ("SMS_PROVIDER", "other")])
def test_a_provider_that_there_is_not_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        centre().reminder_channel(ChannelKind.EMAIL)


def test_the_secret_is_read_before_each_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNEL_SECRET_ARN", ENVIRONMENT["CHANNEL_SECRET_ARN"])
    assert centre().channel_secret()["smtp_url"] == ENVIRONMENT["CHANNEL_SECRET_ARN"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (ChannelKind.BARK, "https://api.day.app/theKey/hello", "theKey"),
        (ChannelKind.EMAIL, "anna@Example.com", "anna@example.com"),
        (ChannelKind.SMS, "138 0013 8000", "+8613800138000"),
    ],
)
def test_addresses_are_kept_in_one_spelling(
    monkeypatch: pytest.MonkeyPatch, kind: ChannelKind, text: str, expected: str
) -> None:
    monkeypatch.setenv("BARK_API_BASE", "https://api.day.app")
    assert centre().read_channel_address(kind, text) == expected


def test_a_channel_inside_wechat_takes_no_address() -> None:
    with pytest.raises(ValueError, match="no address"):
        centre().read_channel_address(ChannelKind.SUBSCRIBE, "anna")
