"""What is shown where: progress on terminals, completion in shells, help everywhere."""

import io
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from support.command_line import CommandLine
from support.unreliable_api import Lost, Reply, Request, serving

from minipush_cli import completing
from minipush_cli.main import main
from minipush_cli.output import Output, confirm, progress
from minipush_cli.proxies import proxy_of

DEAD = "http://127.0.0.1:9"
SHELLS = ("bash", "zsh", "fish")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def walk(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from walk(command, *path, name)
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", [*walk(main)], ids=" ".join)
def test_each_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    ran = CommandLine()(*path, "-h")
    assert (ran.status, ran.err) == (0, "")
    assert "Example:\n" in ran.out
    examples = ran.out.split("Example:\n")[1]
    assert all(line.strip().startswith("minipush") for line in examples.splitlines())
    assert " ".join(path) in examples


def test_a_long_work_shows_its_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("importing", total=4) as steps:
        steps.to(2, text="[red]halfway[/red]")
        steps.to(4)
    assert "[red]halfway[/red]" in terminal.getvalue()
    assert "4/4" in terminal.getvalue()


@pytest.mark.parametrize(
    ("typed", "is_yes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_only_yes_is_yes(monkeypatch: pytest.MonkeyPatch, typed: str, is_yes: bool) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    if is_yes:
        confirm("Send?")
    else:
        with pytest.raises(Exception, match="nothing was done"):
            confirm("Send?")


def test_json_is_indented_for_people_only(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    Output("json").json({"name": "茶"})
    assert terminal.getvalue() == '{\n  "name": "茶"\n}\n'


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_an_id_is_not_broken_on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    terminal, id_ = Terminal(), f"c-{'8d1c' * 8}"
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    heads = ["id", "name", "status", "#sent", "#failed", "#skipped", "#unknown", "created"]
    row = [id_, "Evening classes, again", "completed", "1", "2", "3", "4", "2026-11-21 19:00 +08:00"]
    Output("table").table(heads, [row, row])
    shown = click.unstyle(terminal.getvalue())
    assert shown.count(id_) == 2
    assert max(map(len, shown.splitlines())) <= columns


# ---- completion


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_each_shell_names_the_command(shell: str) -> None:
    ran = CommandLine()("completion", shell)
    assert ran.status == 0
    assert f"_MINIPUSH_COMPLETE={shell}_complete" in ran.out


def completed(words: str, incomplete: str, **environment: str) -> tuple[list[str], str]:
    """What bash would be offered, and stderr."""
    asked = {
        "_MINIPUSH_COMPLETE": "bash_complete",
        "COMP_WORDS": f"{words} {incomplete}",
        "COMP_CWORD": str(len(words.split())),
    }
    process = CommandLine(asked | environment).start()
    out, err = process.communicate(timeout=20)
    return [line.partition(",")[2] for line in out.splitlines() if line], err


def answer(request: Request) -> Reply | Lost:
    if request.path.startswith("/campaigns"):
        return Reply(
            200,
            {"items": [{"id": "c-1", "name": "一"}, {"id": "c-2", "name": "二"}, {"id": "x-3", "name": ""}]},
        )
    return Reply(200, {"items": [{"template_id": "S1", "title": "上课提醒"}]})


def test_commands_campaigns_templates_and_profiles_are_completed(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[profiles.prod]\nurl = "https://a.example"\nkey = "k"\n')
    config.chmod(0o600)
    with serving(answer) as api:
        given = {"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k", "MINIPUSH_CONFIG": str(config)}
        assert completed("minipush campaigns", "pa", **given) == (["pause"], "")
        assert completed("minipush campaigns show", "c-", **given) == (["c-1", "c-2"], "")
        assert completed("minipush send anna --template", "S", **given) == (["S1"], "")
        assert completed("minipush --profile", "pr", **given) == (["prod"], "")


@pytest.mark.parametrize("url", [DEAD, "not a url"])
def test_without_a_deployment_nothing_is_proposed_and_nothing_printed(url: str) -> None:
    assert completed("minipush campaigns show", "c-", MINIPUSH_URL=url, MINIPUSH_KEY="k") == ([], "")


def test_a_deployment_that_hangs_costs_a_second() -> None:
    with serving(lambda _: Lost(5)) as api:
        before = time.monotonic()
        assert completed("minipush campaigns show", "c-", MINIPUSH_URL=api.url, MINIPUSH_KEY="k") == ([], "")
        assert time.monotonic() - before < 4  # a second, and the start of a process on a busy machine


def test_what_is_proposed_is_the_same_in_this_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The completions as the shells call them, without a process."""
    config = tmp_path / "config.toml"
    config.write_text('[profiles.prod]\nurl = "https://a.example"\nkey = "k"\n')
    config.chmod(0o600)
    monkeypatch.setenv("MINIPUSH_CONFIG", str(config))
    context: Any = click.Context(main, info_name="minipush")
    with serving(answer) as api:
        assert [one.value for one in completing.complete_profiles(context, None, "p")] == ["prod"]
        monkeypatch.setenv("MINIPUSH_URL", api.url)
        monkeypatch.setenv("MINIPUSH_KEY", "k")
        assert [one.value for one in completing.complete_campaigns(context, None, "c-")] == ["c-1", "c-2"]
        assert [one.help for one in completing.complete_templates(context, None, "S1")] == ["上课提醒"]
    assert completing.complete_campaigns(context, None, "c-") == []


# ---- proxies


def test_the_environment_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    assert proxy_of("https://api.example.com") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inner.example")
    assert proxy_of("https://api.example.com") == "http://proxy.example:3128"
    assert proxy_of("https://inner.example") is None


def test_a_call_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: Reply(200, {"items": [], "measured_at": None})) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        assert CommandLine({"MINIPUSH_URL": DEAD, "MINIPUSH_KEY": "k"})("tags").status == 0
        assert [request.path for request in proxy.requests] == [f"{DEAD}/tags"]


# ---- results with something to say


CAMPAIGN: dict[str, Any] = {
    "id": "c-1", "name": "晚间", "status": "running", "reason": None, "created_at": "2026-11-21T11:00:00Z",
    "started_at": None, "finished_at": None, "schedule": {"at": "2020-11-21T11:00:00Z"}, "max_per_second": 5,
    "message": {"type": "template", "template_id": "T1", "data": {}}, "counts": {"sent": 1, "failed": 0, "skipped": 0, "unknown": 0, "by_reason": {}},
    "progress": {"segments": 4, "segments_done": 1, "seen": 5, "expected": 1000, "estimated": True, "per_second": 12.5, "eta": "2026-11-21T12:00:00Z"},
    "audience": {"type": "all"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "5 of about 1,000, 12.5 per second, until"),
        ({"audience": {"type": "expiring", "within_hours": 24}}, "within 24 hours"),
        ({"audience": {"type": "tag", "tag": "会员"}}, "tag 会员"),
        ({"audience": {"type": "openids", "count": 10000}}, "10,000 openids"),
        ({"audience": {"type": "app", "appid": "wx-shop"}}, "all who have bound wx-shop"),
        (
            {"status": "paused", "reason": "quota", "errcode": 45009, "errmsg": "daily quota"},
            "errcode 45009. daily quota",
        ),
        ({"warnings": ["unknown_tag"]}, "unknown_tag"),
    ],
)
def test_a_campaign_is_shown_in_words(change: dict[str, Any], expected: str) -> None:
    with serving(lambda _: Reply(200, CAMPAIGN | change)) as api:
        assert (
            expected
            in CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})("campaigns", "show", "c-1").out
        )


def test_a_copy_leaves_out_a_schedule_in_the_past_and_a_list_that_is_not_shown() -> None:
    replies = {"GET": CAMPAIGN, "POST": CAMPAIGN}
    with serving(lambda request: Reply(200, replies[request.method])) as api:
        minipush = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})
        assert minipush("campaigns", "copy", "c-1", "--yes").status == 0
        assert set(api.requests[-1].json) == {"name", "message", "audience", "max_per_second"}
        replies["GET"] = CAMPAIGN | {"audience": {"type": "openids", "count": 10000}}
        assert minipush("campaigns", "copy", "c-1", "--yes").status == 1


def test_the_broadcast_of_an_app_is_not_copied() -> None:
    with serving(lambda _: Reply(200, CAMPAIGN | {"audience": {"type": "app", "appid": "wx-shop"}})) as api:
        run = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})("campaigns", "copy", "c-1", "--yes")
    assert run.status == 1
    assert "only the app can send it again" in run.err
    assert [request.method for request in api.requests] == ["GET"]


def test_a_report_of_a_running_campaign_and_a_long_one_say_so() -> None:
    entries = [
        {"openid": f"o{number}", "status": "sent", "at": "2026-11-21T11:00:00Z"} for number in range(1001)
    ]

    def reply(request: Request) -> Reply:
        return Reply(
            200, {"items": entries, "next_cursor": None} if "recipients" in request.path else CAMPAIGN
        )

    with serving(reply) as api:
        ran = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})("campaigns", "report", "c-1")
    assert "the report so far" in ran.err
    assert "--csv" in ran.err
    assert len(re.findall(r"^o\d+", ran.out, re.MULTILINE)) == 1000


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"opt_out": True}, "no: the user opted out"),
        ({}, "no: the user holds no permit"),
        ({"follows": False}, "no: the user holds no permit"),
        ({"follows": True}, "by messages of the official account"),
        ({"permits": {"form": 1, "pay": 0, "once": {"S1": 2}, "long": ["L1"]}}, "by subscribe S1 (2), subscribe L1 (long-term), template messages (1)"),
        ({"permits": {"form": 0, "pay": 0, "once": {"S1": 2}, "long": []}, "quiet_hours": {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}}, "outside quiet hours"),
    ],
)  # fmt: skip
def test_whether_a_user_can_be_reached_is_said_in_words(change: dict[str, Any], expected: str) -> None:
    user: dict[str, Any] = {"openid": "anna", "permits": {"form": 0, "pay": 0, "once": {}, "long": []}, "next_expiry": None, "opt_out": False,
            "quiet_hours": None, "last_seen": None, "tags": [], "messages": []}  # fmt: skip

    def reply(request: Request) -> Reply:
        return Reply(200, {"items": [], "next_cursor": None} if "timeline" in request.path else user | change)

    with serving(reply) as api:
        assert (
            expected
            in CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})("users", "why", "anna").out
        )


def test_a_key_for_a_repeat_must_be_ascii() -> None:
    with serving(lambda _: Reply(200, {})) as api:
        minipush = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})
        ran = minipush("send", "anna", "--template", "S1", "--yes", "--key", "晚间")
        assert (ran.status, api.requests) == (2, [])


def test_a_report_of_many_pages_has_each_recipient_once(tmp_path: Path) -> None:
    pages = 0

    def reply(request: Request) -> Reply:
        nonlocal pages
        if "recipients" not in request.path:
            return Reply(200, CAMPAIGN | {"status": "completed"})
        pages += 1
        entries = [
            {"openid": f"o{pages}-{number}", "status": "sent", "at": "2026-11-21T11:00:00Z"}
            for number in range(1000)
        ]
        return Reply(200, {"items": entries, "next_cursor": str(pages) if pages < 30 else None})

    with serving(reply) as api, (tmp_path / "report.csv").open("w") as out:
        minipush = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "k"})
        process = minipush.start("campaigns", "report", "c-1", "--csv", stdout=out)
        assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)
    rows = (tmp_path / "report.csv").read_text().splitlines()[1:]
    assert len(rows) == len(set(rows)) == 30_000
    assert json.dumps(rows[0]).startswith('"o1-0,sent')
