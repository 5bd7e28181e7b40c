"""What the answers of Bark's server mean."""

import json

import pytest

from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.channels.bark.answers import bark_result, read_answer
from minipush.domain.centre.reminders import ReminderReason

TOKEN = "a1b2c3d4" * 8
LEAK = f'push failed: Post "https://api.push.apple.com/3/device/{TOKEN}": %s'
KEY = "theKey"


def result(status: int, message: str | None, *, is_named: bool = True) -> ReminderResult:
    """`message`: in Bark's JSON; None: a page that isn't Bark's."""
    body = b"<html>" if message is None else json.dumps({"code": status, "message": message}).encode()
    return bark_result(read_answer(status, body), KEY, is_named=is_named)


def test_200_is_accepted() -> None:
    assert result(200, "success").verdict is ReminderVerdict.ACCEPTED


@pytest.mark.parametrize(
    ("status", "message", "concerns", "reason"),
    [
        (400, "device key is empty", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        (400, "failed to get device token: sql: no rows", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        (400, "url path parse failed: x", Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED),
        (500, "push failed: BadDeviceToken", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        (500, "push failed: Unregistered", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        (500, "push failed: DeviceTokenNotForTopic", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        (500, "push failed: PayloadTooLarge", Concerns.MESSAGE, ReminderReason.TOO_LONG),
        (413, None, Concerns.MESSAGE, ReminderReason.TOO_LONG),
        (500, "push failed: BadCollapseId", Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED),
        (500, "push failed: TooManyRequests", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (500, "push failed: ExpiredProviderToken", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (500, "push failed: ServiceUnavailable", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (500, "push failed: InternalServerError", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (500, "push failed: Shutdown", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (
            500,
            LEAK % "dial tcp 1.2.3.4:443: i/o timeout",
            Concerns.PROVIDER,
            ReminderReason.PROVIDER_UNAVAILABLE,
        ),
        (503, "no", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        (429, None, Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
    ],
)
def test_refusals(status: int, message: str | None, concerns: Concerns, reason: ReminderReason) -> None:
    found = result(status, message)
    assert (found.verdict, found.concerns, found.reason) == (ReminderVerdict.REJECTED, concerns, reason)


@pytest.mark.parametrize(
    "end", ["EOF", "read: connection reset by peer", "i/o timeout", "http2: timeout awaiting"]
)
def test_apples_lost_answer_leaves_the_reminder_unknown(end: str) -> None:
    assert result(500, LEAK % end).verdict is ReminderVerdict.UNKNOWN


@pytest.mark.parametrize("status", [200, 408, 500, 502, 503, 504])
def test_a_page_that_is_not_barks_may_hide_an_accepted_push(status: int) -> None:
    assert result(status, None).verdict is ReminderVerdict.UNKNOWN


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 418])
def test_a_server_that_is_no_bark_server_is_the_fault_of_who_named_it(status: int) -> None:
    assert result(status, None).concerns is Concerns.ACCOUNT
    assert result(status, None, is_named=False).concerns is Concerns.ADDRESS


def test_a_path_that_barks_server_lacks_is_no_fault_of_the_message() -> None:
    assert result(404, "Cannot POST /push").concerns is Concerns.ACCOUNT


def test_the_detail_names_neither_the_device_nor_its_key() -> None:
    detail = str(result(500, LEAK % f"EOF {KEY}").detail)
    assert TOKEN not in detail
    assert KEY not in detail
    assert "api.push.apple.com/3/device/…" in detail


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"code": "200"}', b'{"message": "ok"}', b"\xff", b"[" * 9999]
)
def test_any_body_can_be_read(body: bytes) -> None:
    assert bark_result(read_answer(200, body), KEY, is_named=True).verdict is ReminderVerdict.UNKNOWN
