"""`minipush doctor` and `status` against deployments that are ill in one way each."""

import ssl
import time
from collections.abc import Iterator, Sequence
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
        "sweep": {"at": instant(0.5), "took_seconds": 3.2, "cleared": 14},
        "token": {"kind": "stable", "age_seconds": 100, "last_error": None},
        "callback_at": instant(1),
        "templates_synced_at": instant(1),
        "dead_letters": {"segments": 0, "unstarted_campaigns": 0},
        "paused_campaigns": [],
        "sending": {"enabled": True, "reason": None, "by": None, "at": None},
        "unavailable": {},
    }


def deployment(
    status: dict[str, Any] | None = None,
    operator: Reply | None = None,
    headers: dict[str, str] | None = None,
    failed: Sequence[Any] = (),
    channels: Reply | None = None,
) -> Any:
    answers = {
        "/health": Reply(200, {"status": "ok", "version": "0.1.0"}, headers or {}),
        "/operator": operator or Reply(200, OPERATOR),
        "/status": Reply(200, healthy() | (status or {})),
        "/campaigns": Reply(200, {"items": failed, "next_cursor": None}),
        "/centre/channels": channels or Reply(404, {"message": "Not Found"}),
    }
    return lambda request: answers[request.path.partition("?")[0]]


def token(errcode: int, errmsg: str, address: str | None = None) -> dict[str, Any]:
    error = {
        "what": f"{errcode}: {errmsg}",
        "errcode": errcode,
        "errmsg": errmsg,
        "rid": None,
        "address": address,
    }
    return {"token": {"kind": "stable", "age_seconds": None, "last_error": error}}


def campaign(errcode: int | None, hours_ago: float = 1) -> dict[str, Any]:
    at = instant(hours_ago)
    return {
        "id": "c-1",
        "name": "晚间",
        "reason": "wechat_unavailable",
        "errcode": errcode,
        "created_at": at,
        "finished_at": at,
    }


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
        ({"sweep": None}, "sweep", "never", "FUNCTION=Sweep"),
        ({"sweep": {"at": instant(3.5)}}, "sweep", "ago", "SweepFunction"),
        ({"dead_letters": {"segments": 2, "unstarted_campaigns": 0}}, "dead letters", "segments 2", "Dead letters"),
        ({"sending": {"enabled": False, "reason": "wrong template"}}, "sending", "wrong template", "minipush go"),
        (token(40164, "invalid ip 203.0.113.7", "203.0.113.7"), "WeChat", "40164", "add 203.0.113.7 to the IP allow-list"),
        (token(41004, "appsecret missing"), "WeChat", "41004", "make secret NAME=app_secret"),
        (token(40125, "invalid appsecret"), "WeChat", "40125", "make secret NAME=app_secret"),
        (token(99999, "something new"), "WeChat", "99999", "wechat-errors.md"),
        ({"paused_campaigns": [campaign(45009)]}, "campaigns", "45009", "campaigns resume c-1"),
        ({"token": None, "unavailable": {"token": "it did not answer in time"}}, "WeChat", "in time", "minipush doctor"),
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


def channel(**changes: Any) -> Reply:
    calm = {
        "kind": "bark",
        "breaker": "closed",
        "paused": False,
        "open_hosts": [],
        "queued": 4,
        "delayed": 26,
    }
    return Reply(200, {"items": [{**calm, **changes}], "next_cursor": None})


@pytest.mark.parametrize(
    ("ill", "level", "found", "next_"),
    [
        ({"breaker": "open", "open_hosts": ["api.day.app"]}, "failed", "api.day.app does not answer; 30 reminders wait", "runbook"),
        ({"last_refusal": {"at": instant(3.1), "detail": "535 wrong password"}}, "warning", "the provider refused the account 3 h ago: 535 wrong password", "runbook"),
        ({"paused": True}, "warning", "paused; 30 reminders wait", "minipush channels resume bark"),
    ],
)  # fmt: skip
def test_a_channel_that_sends_nothing_is_named(
    ill: dict[str, Any], level: str, found: str, next_: str
) -> None:
    ran = examined(deployment(channels=channel(**ill)))
    [check] = [check for check in ran.json["checks"] if check["level"] != "ok"]
    assert (check["name"], check["level"], check["found"]) == ("channel bark", level, found)
    assert next_ in check["next"]
    assert ran.status == (1 if level == "failed" else 0)


@pytest.mark.parametrize("refusal", [None, {"at": instant(25), "detail": "535 wrong password"}])
def test_channels_that_work_pass(refusal: dict[str, str] | None) -> None:
    ran = examined(deployment(channels=channel(last_refusal=refusal)))
    assert (ran.status, not_ok(ran)) == (0, [])
    assert "channels" in [check["name"] for check in ran.json["checks"]]


def test_channels_that_cannot_be_read_are_named() -> None:
    ran = examined(deployment(channels=Reply(503, {"detail": "A store can't be reached."})))
    assert not_ok(ran) == [("channels", "failed")]


def test_dead_letters_of_reminders_are_counted() -> None:
    ill = {"dead_letters": {"segments": 0, "sms": 3, "official": 1}}
    ran = examined(deployment(ill))
    [check] = [check for check in ran.json["checks"] if check["level"] != "ok"]
    assert (check["found"], ran.status) == ("sms 3, official 1", 1)
    assert "Dead letters of reminders" in check["next"]


def test_46101_is_found_in_a_campaign_that_failed_lately() -> None:
    ran = examined(deployment(failed=[campaign(46101), campaign(46101, hours_ago=200), campaign(None)]))
    assert ran.status == 1
    [check] = [check for check in ran.json["checks"] if check["level"] == "failed"]
    assert "46101" in check["found"]
    assert "subscription message" in check["next"]


@pytest.mark.parametrize(
    "ill", [{"callback_at": None}, {"templates_synced_at": None}, {"templates_synced_at": instant(5)}]
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
