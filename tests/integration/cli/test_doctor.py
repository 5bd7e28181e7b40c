"""`minipush doctor` and `status` against deployments that are ill in one way each."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any

import pytest
import trustme
from support.command_line import CommandLine, Ran
from support.unreliable_api import Lost, Reply, UnreliableApi, serving

OPERATOR = {"name": "ops", "scopes": ["read"]}


def instant(hours_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours_ago)).isoformat().replace("+00:00", "Z")


def healthy() -> dict[str, Any]:
    return {
        "version": "0.1.0",
        "last_sweep": instant(0.5),
        "token": {"kind": "stable", "error": None},
        "callback_last_heard": instant(1),
        "templates_synced_at": instant(1),
        "dead_letters": 0,
        "paused_campaigns": [],
        "sending": {"enabled": True, "reason": None},
    }


def deployment(
    status: dict[str, Any] | None = None, operator: Reply | None = None, headers: dict[str, str] | None = None
) -> Any:
    answers = {
        "/health": Reply(200, {"status": "ok", "version": "0.1.0"}, headers or {}),
        "/operator": operator or Reply(200, OPERATOR),
        "/status": Reply(200, healthy() | (status or {})),
    }
    return lambda request: answers[request.path]


def minipush(url: str) -> CommandLine:
    return CommandLine({"MINIPUSH_URL": url, "MINIPUSH_KEY": "mp_key"})


def examined(answer: Any) -> Ran:
    with serving(answer) as api:
        return minipush(api.url)("doctor", "-o", "json")


def not_ok(ran: Ran) -> list[tuple[str, str]]:
    return [(check["name"], check["level"]) for check in ran.json["checks"] if check["level"] != "ok"]


def test_a_healthy_deployment_passes() -> None:
    ran = examined(deployment())
    assert (ran.status, not_ok(ran)) == (0, [])
    with serving(deployment()) as api:
        assert "ops: read" in minipush(api.url)("doctor").out
        assert "access_token" in minipush(api.url)("status").out
        assert minipush(api.url)("status", "-o", "json").json["version"] == "0.1.0"


@pytest.mark.parametrize(
    ("ill", "name", "found", "next_"),
    [
        ({"last_sweep": None}, "sweep", "never", "SweepFunction"),
        ({"last_sweep": instant(3.5)}, "sweep", "ago", "SweepFunction"),
        ({"dead_letters": 2}, "dead letters", "2 messages", "Dead letters"),
        ({"sending": {"enabled": False, "reason": "wrong template"}}, "sending", "wrong template", "minipush go"),
        (
            {"token": {"kind": "stable", "error": {"errcode": 40164, "errmsg": "invalid ip 203.0.113.7", "address": "203.0.113.7"}}},
            "WeChat", "40164", "add 203.0.113.7 to the IP allow-list",
        ),
        ({"token": {"error": {"errcode": 41004, "errmsg": "appsecret missing"}}}, "WeChat", "41004", "make secret NAME=app_secret"),
        ({"token": {"error": {"errcode": 40125, "errmsg": "invalid appsecret"}}}, "WeChat", "40125", "make secret NAME=app_secret"),
        (
            {"paused_campaigns": [{"id": "c-1", "name": "晚间", "reason": "wechat_unavailable", "errcode": 46101}]},
            "campaigns", "46101", "subscription message",
        ),
    ],
)  # fmt: skip
def test_each_illness_is_named_with_the_next_command(
    ill: dict[str, Any], name: str, found: str, next_: str
) -> None:
    ran = examined(deployment(ill))
    assert ran.status == 1
    [check] = [check for check in ran.json["checks"] if check["level"] == "failed"]
    assert check["name"] == name
    assert found in check["found"]
    assert next_ in check["next"]


@pytest.mark.parametrize(
    "ill", [{"callback_last_heard": None}, {"templates_synced_at": None}, {"templates_synced_at": instant(5)}]
)
def test_what_may_be_intended_is_a_warning(ill: dict[str, Any]) -> None:
    ran = examined(deployment(ill))
    assert ran.status == 0
    assert [level for _, level in not_ok(ran)] == ["warning"]


@pytest.mark.parametrize(("seconds", "direction"), [(-600, "ahead"), (600, "behind")])
def test_a_clock_that_is_ten_minutes_off_is_named(seconds: int, direction: str) -> None:
    ran = examined(deployment(headers={"Date": formatdate(time.time() + seconds, usegmt=True)}))
    assert not_ok(ran) == [("clock", "failed")]
    assert direction in ran.out
    assert "timedatectl" in ran.out


def test_an_answer_without_a_date_says_nothing_of_the_clock() -> None:
    assert not_ok(examined(deployment(headers={"Date": "yesterday"}))) == [("clock", "warning")]


@pytest.mark.parametrize(
    "operator",
    [
        Reply(401, {"detail": "This credential is unknown or has expired."}),
        Reply(200, {"name": "shop", "scopes": ["send"]}),
    ],
)
def test_a_key_that_opens_too_little_is_named(operator: Reply) -> None:
    ran = examined(deployment(operator=operator))
    assert (ran.status, ("operator key", "failed") in not_ok(ran)) == (1, True)


@pytest.mark.parametrize("answer", [Reply(404, {"message": "Not Found"}), Reply(200, "<html>"), Lost()])
def test_a_wrong_url_is_named(answer: Reply | Lost) -> None:
    ran = examined(lambda _: answer)
    assert (ran.status, not_ok(ran)) == (1, [("connection", "failed")])
    assert "minipush login" in ran.out


def test_nothing_at_the_address_is_named() -> None:
    ran = minipush("http://127.0.0.1:9")("doctor", "-o", "json")
    assert (ran.status, not_ok(ran)) == (1, [("connection", "failed")])


@contextmanager
def over_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, *, name: str, until: datetime, is_trusted: bool
) -> Iterator[UnreliableApi]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=until).configure_cert(context)
    if is_trusted:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serving(deployment(), context) as api:
        yield api


@pytest.mark.parametrize(
    ("name", "days", "is_trusted", "expected"),
    [
        ("127.0.0.1", -1, True, "renew the certificate"),
        ("127.0.0.1", 1, False, "SSL_CERT_FILE"),
        ("another.example", 1, True, "compare the domain"),
    ],
)
def test_a_certificate_that_is_not_valid_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str, days: int, is_trusted: bool, expected: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    with over_tls(monkeypatch, tmp_path, name=name, until=until, is_trusted=is_trusted) as api:
        ran = minipush(api.url)("doctor", "-o", "json")
    assert (ran.status, not_ok(ran)) == (1, [("connection", "failed")])
    assert expected in ran.json["checks"][0]["next"]


def test_a_certificate_that_is_valid_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    with over_tls(monkeypatch, tmp_path, name="127.0.0.1", until=until, is_trusted=True) as api:
        assert minipush(api.url)("doctor").status == 0
