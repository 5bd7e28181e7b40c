"""A user's own channels over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.http_app import PROBLEM_URLS, Answer, HttpApp
from support.reminders import (
    MemoryChannelHealth,
    MemoryChannelRefusals,
    MemoryChannels,
    ScriptedChannel,
    rejected,
)

from minipush.application.centre.circuit_breakers import pause_channel
from minipush.application.centre.failed_tries import FailedTries
from minipush.application.centre.own_channels import OwnChannels
from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind

ADDRESSES = {
    "bark": ("F8Q3Wxj5T2kZpR7mNc4vue", "F8Q****vue"),
    "email": ("anna@example.com", "a****@example.com"),
    "sms": ("+8613800138000", "+86138****8000"),
}


class Box(ScriptedChannel):
    """The last code that went out."""

    code = ""
    address: ChannelAddress | None = None

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:
        self.code, self.address = code, address
        return await super().send_code(code, address, timeout)


class Case:
    def __init__(self) -> None:
        self.app = HttpApp()
        self.box = Box(ChannelKind.EMAIL)
        self.linked: ChannelAddress | None = None
        self.health = MemoryChannelHealth()
        users = MemoryChannels()
        own = OwnChannels(
            store=users,
            limits=users,
            channel=lambda kind: None if kind is ChannelKind.SMS and not self.offers_sms else self.box,
            read_address=lambda _, text: text,
            find_linked=lambda *_: self.linked,
            health=self.health,
            failed_tries=FailedTries(MemoryChannelRefusals(), lambda: self.app.now),
            key=lambda: b"k",
            sending=self.app.container.sending_watch,
            clock=lambda: self.app.now,
        )
        self.offers_sms = True
        self.app.centre.override(own_channels=own)

    def ask(self, route: str, body: Any = None, kind: str = "email") -> Answer:
        return self.app.ask(route, body, token=self.app.user, path={"kind": kind})

    def name(self, kind: str = "email", address: str = "anna@example.com") -> Answer:
        return self.ask("PUT /me/channels/{kind}", {"address": address}, kind)

    def verify(self, code: str, kind: str = "email") -> Answer:
        return self.ask("POST /me/channels/{kind}/verify", {"code": code}, kind)

    @property
    def listed(self) -> Any:
        return self.ask("GET /me/channels").json["items"]


@pytest.fixture
def case() -> Iterator[Case]:
    made = Case()
    yield made
    made.app.runner.close()


def slug(answer: Answer) -> str:
    assert answer.json["type"] in PROBLEM_URLS
    return str(answer.json["type"].partition("#")[2])


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_address_is_pending_and_masked_until_its_code_comes_back(case: Case, kind: str) -> None:
    address, shown = ADDRESSES[kind]
    pending = {"kind": kind, "address": shown, "status": "pending", "verified_at": None}
    named = case.name(kind, address)
    assert (named.status, named.json) == (202, pending)
    assert case.listed == [pending]
    verified = case.verify(case.box.code, kind)
    assert (verified.status, verified.json["status"]) == (200, "verified")
    assert verified.json["verified_at"].endswith("Z")


def test_bark_s_encryption_key_goes_with_the_code_and_is_never_shown(case: Case) -> None:
    body = {"address": "aKeyOfADevice", "encryption": {"key": "0123456789abcdef", "cipher": "gcm"}}
    answer = case.ask("PUT /me/channels/{kind}", body, "bark")
    assert case.box.address
    assert case.box.address.encryption_key == "0123456789abcdef"
    assert case.box.address.cipher is BarkCipher.GCM
    assert "0123456789abcdef" not in str(answer.raw["body"])


def test_bark_may_be_told_to_push_once(case: Case) -> None:
    named = case.ask("PUT /me/channels/{kind}", {"address": "aKeyOfADevice", "once": True}, "bark")
    assert (named.status, named.json["once"]) == (202, True)
    assert case.box.address
    assert case.box.address.once
    assert "once" not in case.ask("PUT /me/channels/{kind}", {"address": "another"}, "bark").json


@pytest.mark.parametrize("code", ["1", "abcdef", "１２３４５６", "1234567"])
def test_what_is_no_code_of_six_digits_is_no_request(case: Case, code: str) -> None:
    case.name()
    assert slug(case.verify(code)) == "invalid-request"


def test_a_wrong_code_says_so(case: Case) -> None:
    case.name()
    answer = case.verify(f"{(int(case.box.code) + 1) % 10**6:06}")
    assert (answer.status, slug(answer), answer.json["reason"]) == (422, "wrong-code", "wrong_code")


def test_too_many_codes_say_when_to_come_again(case: Case) -> None:
    for _ in range(3):
        assert case.name().status == 202
    answer = case.name()
    assert (answer.status, slug(answer), answer.headers["retry-after"]) == (429, "too-many-codes", "3600")


def test_a_channel_inside_wechat_takes_no_address(case: Case) -> None:
    case.linked = ChannelAddress(ChannelKind.OFFICIAL, "o-1")
    refused = case.name("official")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/address")
    linked = case.ask("PUT /me/channels/{kind}", {}, "official")
    assert (linked.status, linked.json["status"]) == (200, "verified")
    assert "address" not in linked.json


def test_a_channel_inside_wechat_that_reaches_nobody_is_a_conflict(case: Case) -> None:
    answer = case.ask("PUT /me/channels/{kind}", {}, "subscribe")
    assert (answer.status, slug(answer)) == (409, "channel-not-linked")


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("email", {}, "/address"),
        ("email", {"address": ""}, "/address"),
        ("email", {"address": "a@b.example", "encryption": {"key": "0" * 16}}, "/encryption"),
        ("bark", {"address": "aKey", "encryption": {"key": "short"}}, "/encryption/key"),
        ("bark", {"address": "aKey", "encryption": {"key": "钥" * 16}}, "/encryption/key"),
        ("bark", {"address": "aKey", "colour": "red"}, "/colour"),
        ("bark", {"address": "aKey", "once": "yes"}, "/once"),
        ("email", {"address": "a@b.example", "once": True}, "/once"),
    ],
)
def test_a_body_that_names_no_address_is_refused(
    case: Case, kind: str, body: dict[str, Any], pointer: str
) -> None:
    answer = case.ask("PUT /me/channels/{kind}", body, kind)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("route", ["PUT /me/channels/{kind}", "DELETE /me/channels/{kind}"])
def test_a_kind_that_does_not_exist_is_refused(case: Case, route: str) -> None:
    body = {"address": "x"} if route.startswith("PUT") else None
    assert case.ask(route, body, "pigeon").status == 422


def test_a_provider_that_refuses_the_address_is_told(case: Case) -> None:
    case.box.script = iter([rejected(Concerns.ADDRESS)])
    answer = case.name()
    assert (answer.status, slug(answer), answer.json["errors"][0]["pointer"]) == (
        422,
        "address-refused",
        "/address",
    )


def test_a_provider_that_is_busy_says_when_to_come_again(case: Case) -> None:
    case.box.script = iter([rejected(Concerns.PROVIDER, retry_after=7)])
    answer = case.name()
    assert (answer.status, slug(answer), answer.headers["retry-after"]) == (503, "channel-unavailable", "7")


def test_a_channel_that_the_deployment_does_not_offer_is_unavailable(case: Case) -> None:
    case.offers_sms = False
    answer = case.name("sms", "+8613800138000")
    assert (answer.status, slug(answer)) == (503, "channel-unavailable")
    assert case.listed == []


def test_a_channel_that_an_operator_has_paused_is_unavailable(case: Case) -> None:
    pause_channel(case.health, ChannelKind.EMAIL, is_paused=True)
    answer = case.name()
    assert (answer.status, slug(answer), "retry-after" in answer.headers) == (
        503,
        "channel-unavailable",
        False,
    )
    assert (case.listed, case.box.code) == ([], "")


def test_a_verified_channel_can_be_tested_and_removed(case: Case) -> None:
    case.name()
    case.verify(case.box.code)
    tested = case.ask("POST /me/channels/{kind}/test")
    assert (tested.status, tested.json["status"]) == (200, "verified")
    assert [call.sender for call in case.box.taken] == ["minipush"]
    assert case.ask("DELETE /me/channels/{kind}").status == 204
    assert case.listed == []


def test_a_channel_that_is_not_verified_cannot_be_tested(case: Case) -> None:
    answer = case.ask("POST /me/channels/{kind}/test")
    assert (answer.status, slug(answer)) == (404, "unknown-channel")
