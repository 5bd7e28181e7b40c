"""What phones with Bark show, and what its server refuses."""

from collections.abc import Iterator

import pytest
from support.reminder_channels import BARK_KEY, ChannelCase, channel_case, quiet_providers, reminder

from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind, ReminderReason

KEY = "0123456789abcdef"


@pytest.fixture
def case() -> Iterator[ChannelCase]:
    with quiet_providers() as providers:
        made = channel_case("bark", providers)
        yield made
        made.close()


def test_a_repeat_takes_the_place_of_the_first(case: ChannelCase) -> None:
    case.fault("reset_after")
    assert case.send().verdict is ReminderVerdict.UNKNOWN
    assert case.send(reminder(is_repeat=True)).verdict is ReminderVerdict.ACCEPTED
    assert [each["rings"] for each in case.shown()] == [2]


def test_a_recall_takes_the_notification_away(case: ChannelCase) -> None:
    case.send()
    assert case.send(reminder(is_recall=True)).verdict is ReminderVerdict.ACCEPTED
    assert [each["is_recalled"] for each in case.shown()] == [True]


@pytest.mark.parametrize("cipher", BarkCipher)
@pytest.mark.parametrize("key", [KEY, KEY + KEY[:8], KEY + KEY])
def test_a_phone_with_the_key_reads_an_encrypted_push(
    case: ChannelCase, key: str, cipher: BarkCipher
) -> None:
    case.providers.control.add_device(BARK_KEY, encryption_key=key, cipher=cipher)
    case.address = ChannelAddress(ChannelKind.BARK, BARK_KEY, key, cipher)
    assert case.send().verdict is ReminderVerdict.ACCEPTED
    [shown] = case.shown()
    assert (shown["title"], shown["text"]) == ("暴雨预警 · 天气小助手", reminder().body)


def test_a_phone_without_the_key_shows_nothing_of_the_text(case: ChannelCase) -> None:
    case.address = ChannelAddress(ChannelKind.BARK, BARK_KEY, KEY)
    assert case.send().verdict is ReminderVerdict.ACCEPTED
    [shown] = case.shown()
    assert "暴雨" not in str(shown)


@pytest.mark.parametrize("key", [None, KEY])
def test_the_longest_text_arrives_shortened(case: ChannelCase, key: str | None) -> None:
    case.providers.control.add_device(BARK_KEY, encryption_key=key or "")
    case.address = ChannelAddress(ChannelKind.BARK, BARK_KEY, key)
    assert case.send(reminder(body="长<&" * 4096)).verdict is ReminderVerdict.ACCEPTED
    [shown] = case.shown()
    assert shown["text"].endswith("…")


def test_apples_own_limit_makes_the_reminder_too_long(case: ChannelCase) -> None:
    case.fault("refuse", code="PayloadTooLarge")
    assert case.send().reason is ReminderReason.TOO_LONG


@pytest.mark.parametrize("reason", ["Unregistered", "BadDeviceToken"])
def test_the_server_forgets_a_device_that_apple_has_forgotten(case: ChannelCase, reason: str) -> None:
    case.providers.control.add_device(BARK_KEY, reason=reason)
    assert [case.send().concerns for _ in range(2)] == [Concerns.ADDRESS] * 2
    assert "failed to get device token" in str(case.send().detail)


def test_apples_lost_answer_names_no_device(case: ChannelCase) -> None:
    case.fault("leak")
    result = case.send()
    assert result.verdict is ReminderVerdict.UNKNOWN
    assert "/device/…" in str(result.detail)


def test_a_thousand_errors_ban_the_sender(case: ChannelCase) -> None:
    case.address = ChannelAddress(ChannelKind.BARK, "unknownKey")
    assert {case.send().concerns for _ in range(1001)} == {Concerns.ADDRESS}
    case.address = ChannelAddress(ChannelKind.BARK, BARK_KEY)
    assert case.send().concerns is Concerns.ACCOUNT


def test_an_address_whose_server_is_no_longer_allowed_has_no_host(case: ChannelCase) -> None:
    address = ChannelAddress(ChannelKind.BARK, f"https://bark.example.net/{BARK_KEY}")
    assert case.channel.host(address) == ""


def test_a_link_that_apple_can_not_take_is_not_sent(case: ChannelCase) -> None:
    result = case.send(reminder(url="https://example.com/" + "x" * 4096))
    assert result.reason is ReminderReason.TOO_LONG
    assert case.providers.control.counts()["bark"] == 0
