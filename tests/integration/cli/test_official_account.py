"""Messages of the official account on the command line: what minipush is asked, and what is printed."""

import re
from typing import Any

import pytest
from support.command_line import CommandLine, Ran
from support.unreliable_api import Reply, Request, serving

AT = "2026-11-21T11:00:00.250Z"
SYNC = {"id": "f-1", "started_at": AT, "finished_at": None, "followers": 12_000}
SENT = {"results": [{"openid": "anna", "status": "sent", "permit_kind": "follow"}]}
TEMPLATES = {
    "items": [{"template_id": "O1", "title": "课程提醒", "type": "follow", "keys": ["thing1"]}],
    "next_cursor": None,
    "synced_at": AT,
}
ESTIMATE = {
    "recipients": 2, "permits": 2, "left_out": {"not_mapped": 1}, "reachable_now": 2, "permits_gone": 0,
    "max_per_second": None, "seconds": 0.1, "cost_usd": 0.0, "estimated": False, "followers": 2, "unmapped": 1,
    "quota": {"daily_limit": 100_000, "used": 38, "remain": 99_962}, "warnings": [],
}  # fmt: skip


def run(body: Any, *words: str, stdin: str = "") -> tuple[Ran, list[Request]]:
    with serving(lambda _: Reply(200, body)) as api:
        ran = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})(*words, stdin=stdin)
    return ran, api.requests


def send(*words: str) -> tuple[Ran, list[Request]]:
    return run(SENT, "send", "anna", "--template", "O1", "--type", "official", "--yes", *words)


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ((), {}),
        (("--page", "pages/a"), {"miniprogram": {"page": "pages/a"}}),
        (("--page", "pages/a", "--appid", "wx1"), {"miniprogram": {"page": "pages/a", "appid": "wx1"}}),
        (("--url", "https://a.example/"), {"url": "https://a.example/"}),
    ],
)
def test_a_message_leads_into_the_mini_program_or_to_a_web_page(
    words: tuple[str, ...], target: dict[str, Any]
) -> None:
    ran, [request] = send("--data", "thing1=茶", *words)
    assert ran.status == 0
    data = {"thing1": {"value": "茶"}}
    assert request.json == {
        "type": "official",
        "template_id": "O1",
        "data": data,
        "touser": ["anna"],
        **target,
    }


def test_a_field_that_is_named_twice_is_a_mistake() -> None:
    ran, requests = send("--data", "thing1=茶", "--data", "thing1=咖啡")
    assert (ran.status, requests) == (2, [])
    assert "thing1 twice" in ran.err


@pytest.mark.parametrize("words", [("--appid", "wx1"), ("--url", "https://a.example/")])
def test_only_official_messages_lead_elsewhere(words: tuple[str, ...]) -> None:
    ran, requests = run(SENT, "send", "anna", "--template", "S1", "--yes", *words)
    assert (ran.status, requests) == (2, [])
    assert "--type official" in ran.err


def test_an_appid_without_a_page_is_a_mistake() -> None:
    ran, requests = send("--appid", "wx1")
    assert (ran.status, requests) == (2, [])


def estimated(estimate: Any) -> dict[str, str]:
    ran, _ = run(estimate, "campaigns", "dry-run", "-", stdin="{}")
    return dict(re.split(" {2,}", line, maxsplit=1) for line in ran.out.splitlines())


def test_an_estimate_tells_who_follows_who_is_unknown_and_what_is_left_of_the_quota() -> None:
    shown = estimated(ESTIMATE)
    assert [shown[name] for name in ("recipients", "followers", "unmapped")] == ["2", "2", "1"]
    assert shown["quota of today"] == "99,962 of 100,000 left"


def test_where_wechat_tells_no_quota_an_estimate_has_none() -> None:
    without = {name: value for name, value in ESTIMATE.items() if name != "quota"}
    assert "quota of today" not in estimated(without)


@pytest.mark.parametrize("step", ["list", "sync"])
def test_the_official_accounts_templates_are_asked_for_by_name(step: str) -> None:
    ran, [request] = run(TEMPLATES, "templates", step, "--official")
    assert "account=official" in request.path
    assert "课程提醒" in ran.out


def test_where_templates_were_never_read_the_command_is_named() -> None:
    ran, _ = run(TEMPLATES | {"items": [], "synced_at": None}, "templates", "list", "--official")
    assert "Run: minipush templates sync --official" in ran.err


def test_a_sync_of_the_followers_is_started_and_followed() -> None:
    started, [request] = run(SYNC, "followers", "sync")
    assert (started.status, request.route) == (0, "POST /official/sync")
    assert "under way" in started.out
    shown, _ = run({"sync": SYNC | {"finished_at": AT}}, "followers", "show")
    assert "12,000" in shown.out
    assert "under way" not in shown.out


def test_before_the_first_sync_the_command_is_named() -> None:
    ran, _ = run({"sync": None}, "followers", "show")
    assert (ran.status, ran.out) == (0, "")
    assert "minipush followers sync" in ran.err
