"""What the command line does when the way to minipush, or minipush itself, fails."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from support.command_line import CommandLine, on_a_terminal
from support.unreliable_api import Lost, Reply, Request, UnreliableApi, serving

KEY = "mp_the-secret-operator-key"
CAMPAIGN = {
    "id": "c-1", "name": "晚间瑜伽 🧘", "status": "completed",
    "message": {"type": "subscribe", "template_id": "S1", "data": {"thing1": {"value": "茶"}}},
    "audience": {"type": "tag", "tag": "vip"}, "created_at": "2026-11-21T11:00:00.250Z", "started_at": None, "finished_at": None,
    "counts": {"sent": 1, "failed": 0, "skipped": 0, "unknown": 0, "by_reason": {}},
    "progress": {"segments": 4, "segments_done": 4},
}  # fmt: skip
PLAN = '{"name": "evening", "message": {}, "audience": {"type": "all"}}'
SEND = ("send", "anna", "--template", "S1", "--data", "thing1=茶", "--yes")
SENT = Reply(200, {"results": [{"openid": "anna", "status": "sent"}]})


def on(api: UnreliableApi) -> CommandLine:
    return CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY})


def in_turn(*replies: Reply | Lost) -> Callable[[Request], Reply | Lost]:
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def problem(status: int, name: str, **more: Any) -> Reply:
    return Reply(
        status,
        {"type": f"https://docs.example/errors.md#{name}", "detail": "It is so.", "status": status} | more,
    )


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (problem(401, "unauthorized"), 3),
        (problem(403, "missing-scope"), 3),
        (problem(404, "unknown-campaign"), 4),
        (problem(409, "forbidden-transition"), 5),
        (problem(413, "body-too-large"), 2),
        (problem(422, "invalid-request", errors=[{"pointer": "/name", "detail": "this field is required"}]), 2),
        (problem(500, "internal-error"), 6),
        (Reply(503, {"message": "Service Unavailable"}), 6),
        (Reply(200, "<html>a proxy's page</html>"), 6),
        (Reply(302, {}, {"Location": "https://elsewhere.example"}), 6),
        (Reply(200, "[]"), 6),
    ],
)  # fmt: skip
def test_each_refusal_has_its_exit_code_and_a_message_alone(reply: Reply, status: int) -> None:
    with serving(lambda _: reply) as api:
        ran = on(api)("-o", "json", "pool")
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith("minipush: ")
    assert KEY not in ran.err
    assert "Traceback" not in ran.err


def test_a_mistake_is_shown_where_it_is() -> None:
    reply = problem(422, "invalid-request", errors=[{"pointer": "/name", "detail": "this field is required"}])
    with serving(lambda _: reply) as api:
        assert "  /name: this field is required\n" in on(api)("pool").err


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with serving(lambda _: Reply(200, {})) as other:
        redirect = Reply(307, {}, {"Location": f"{other.url}/pool"})
        with serving(lambda _: redirect) as api:
            assert on(api)("pool").status == 6
        assert other.requests == []


def test_a_send_whose_answer_is_lost_is_repeated_with_the_same_key() -> None:
    with serving(in_turn(Lost(), Lost(), SENT)) as api:
        ran = on(api)(*SEND)
        keys = [request.headers["Idempotency-Key"] for request in api.requests]
    assert ran.status == 0
    assert keys == [ran.printed_key] * 3


def test_a_request_that_is_still_running_is_waited_for() -> None:
    running = problem(409, "request-in-progress")
    with serving(in_turn(Reply(409, running.body, {"Retry-After": "1"}), SENT)) as api:
        assert on(api)(*SEND).status == 0
        assert len(api.requests) == 2


def test_throttling_is_waited_out() -> None:
    with serving(
        in_turn(Reply(429, {"message": "Too Many Requests"}, {"Retry-After": "1"}), Reply(200, {"items": []}))
    ) as api:
        assert on(api)("tags").status == 0


def test_a_step_whose_answer_is_lost_is_not_repeated() -> None:
    with serving(lambda _: Lost()) as api:
        ran = on(api)("campaigns", "pause", "c-1")
        assert api.routes == ["POST /campaigns/c-1/pause"]
    assert ran.status == 6
    assert "minipush campaigns show c-1" in ran.err


def test_what_is_killed_before_the_answer_is_repaired_by_the_printed_key() -> None:
    with serving(in_turn(Lost(60), SENT)) as api:
        process = on(api).start(*SEND)
        assert process.stderr
        first = process.stderr.readline()
        while not api.requests:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        key = first.split("--key ")[1].strip()
        assert on(api)(*SEND, "--key", key).status == 0
        assert [request.headers["Idempotency-Key"] for request in api.requests] == [key, key]
        assert [request.json for request in api.requests[:1]] == [
            request.json for request in api.requests[1:]
        ]


def test_nothing_is_listening() -> None:
    ran = CommandLine({"MINIPUSH_URL": "http://127.0.0.1:9", "MINIPUSH_KEY": KEY})("campaigns", "show", "c-1")
    assert ran.status == 6
    assert "refused" in ran.err


def test_ctrl_c_while_watching_leaves_the_campaign_alone() -> None:
    running = CAMPAIGN | {"status": "running"}
    with serving(lambda _: Reply(200, running)) as api:
        process = on(api).start("campaigns", "watch", "c-1", "--every", "0.2")
        while len(api.requests) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert set(api.routes) == {"GET /campaigns/c-1"}
    assert (process.returncode, out.strip(), err.strip()) == (130, "", "")


def test_watching_goes_on_after_connections_that_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minipush_cli.api.RETRIES", 0)
    replies = in_turn(Reply(200, CAMPAIGN | {"status": "running"}), Lost(), Lost(), Reply(200, CAMPAIGN))
    with serving(replies) as api:
        ran = on(api)("campaigns", "watch", "c-1", "--every", "0.2")
    assert ran.status == 0
    assert "completed" in ran.out


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        ({"status": "completed"}, 0),
        ({"status": "failed", "reason": "invalid_template", "errcode": 40037}, 1),
        ({"status": "cancelled"}, 1),
        (
            {
                "status": "paused",
                "reason": "quota",
                "errcode": 45009,
                "errmsg": "reach max api daily quota limit",
            },
            1,
        ),
        ({"status": "paused", "reason": "overdue"}, 1),
    ],
)
def test_watching_succeeds_only_if_the_campaign_is_completed(ended: dict[str, Any], status: int) -> None:
    paused_by_hand = Reply(200, CAMPAIGN | {"status": "paused"})
    with serving(in_turn(paused_by_hand, Reply(200, CAMPAIGN | ended))) as api:
        ran = on(api)("campaigns", "watch", "c-1", "--every", "0.2")
    assert ran.status == status
    assert all(str(ended[name]) in ran.err for name in ended if status)


def test_a_campaign_is_made_only_when_somebody_says_yes(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(PLAN)
    with serving(answer_campaigns) as api:
        assert on(api)("campaigns", "make", str(file)).status == 2
        assert api.requests == []
        status, shown = on_a_terminal(on(api), ("campaigns", "make", str(file)), {"[y/N]": "n\n"})
        assert (status, made(api)) == (1, 0)
        assert "1,234" in shown
        status, shown = on_a_terminal(on(api), ("campaigns", "make", str(file)), {"[y/N]": "y\n"})
        assert (status, made(api)) == (0, 1)


def answer_campaigns(request: Request) -> Reply:
    estimate = {"recipients": 1234, "permits": 1, "left_out": {}, "reachable_now": 1, "permits_gone": 0,
                "seconds": 1.0, "cost_usd": 0.1, "estimated": False}  # fmt: skip
    return Reply(200, estimate) if request.json.get("dry_run") else Reply(201, CAMPAIGN)


def made(api: UnreliableApi) -> int:
    return sum(not request.json.get("dry_run") for request in api.requests)


def test_an_audience_too_large_to_estimate_can_still_be_sent_to(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(PLAN)

    def answer(request: Request) -> Reply:
        return problem(503, "estimate-timeout") if request.json.get("dry_run") else Reply(201, CAMPAIGN)

    with serving(answer) as api:
        status, shown = on_a_terminal(on(api), ("campaigns", "make", str(file)), {"[y/N]": "y\n"})
    assert status == 0
    assert "too large to estimate" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_chinese_and_emoji_align_on_eighty_columns(environment: dict[str, str]) -> None:
    names = ["晚间瑜伽课程提醒", "🧘🧘🧘", "plain", "很长的名字" * 20]
    items = [CAMPAIGN | {"id": f"c-{number}", "name": name} for number, name in enumerate(names)]
    with serving(lambda _: Reply(200, {"items": items, "next_cursor": None})) as api:
        status, shown = on_a_terminal(on(api), ("campaigns", "list"), {}, **environment)
        piped = on(api)("campaigns", "list").out
    assert status == 0
    assert "\x1b" not in shown
    lines = shown.replace("\r", "").splitlines()
    assert max(map(width, lines)) <= 80
    columns = {width(line[: line.index("completed")]) for line in lines if "completed" in line}
    assert len(columns) == 1
    assert names[3] in piped


def width(text: str) -> int:
    return cell_len(text)


def test_markup_and_escape_sequences_in_a_name_are_shown_as_text() -> None:
    campaign = CAMPAIGN | {"name": "[red]x[/red] :smile: \x1b[2J"}
    with serving(lambda _: Reply(200, campaign)) as api:
        status, shown = on_a_terminal(on(api), ("campaigns", "show", "c-1"), {}, NO_COLOR="1")
    assert status == 0
    assert "[red]x[/red] :smile: \ufffd[2J" in shown


def test_a_pipe_that_is_closed_early_is_no_error() -> None:
    entries = [
        {"openid": f"o{number}", "status": "sent", "at": "2026-11-21T11:00:00Z"} for number in range(1000)
    ]

    def answer(request: Request) -> Reply:
        page = {"items": entries, "next_cursor": "more"}
        return Reply(200, page if "recipients" in request.path else CAMPAIGN)

    with serving(answer) as api:
        process = on(api).start("campaigns", "report", "c-1", "--csv")
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
        process.stderr.close()


def test_a_full_disk_is_named() -> None:
    with serving(lambda _: Reply(200, CAMPAIGN)) as api, Path("/dev/full").open("w") as full:
        process = on(api).start("campaigns", "show", "c-1", stdout=full)
        assert "No space left" in process.communicate(timeout=20)[1]
    assert process.returncode == 1


@pytest.mark.parametrize("content", ["{", "[]", "", '"text"', "\x00", '{"a":' * 3000])
def test_a_file_that_is_not_the_json_of_a_campaign_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(content)
    with serving(lambda _: Reply(200, {})) as api:
        ran = on(api)("campaigns", "make", str(file), "--yes")
        assert api.requests == []
    assert ran.status == 2
    assert str(file) in ran.err
    assert on(api)("campaigns", "make", "-", stdin=content).status == 2


def test_the_key_is_in_no_argument_and_no_output() -> None:
    with serving(lambda _: Lost(5)) as api:
        process = on(api).start("pool")
        while not api.requests:
            time.sleep(0.01)
        assert KEY not in Path(f"/proc/{process.pid}/cmdline").read_text()
        os.kill(process.pid, signal.SIGINT)
        assert KEY not in "".join(process.communicate(timeout=20))


def test_an_answer_of_another_version_is_no_traceback() -> None:
    with serving(lambda _: Reply(200, {"items": [{"id": "c-1"}], "next_cursor": None})) as api:
        ran = on(api)("campaigns", "list")
    assert ran.status == 1
    assert "KeyError at campaign_view.py:" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_a_pipe_gets_utf_8_whatever_the_locale(encoding: str) -> None:
    with serving(lambda _: Reply(200, CAMPAIGN)) as api:
        command_line = CommandLine(on(api).environment | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        process = command_line.start("campaigns", "show", "c-1", "-o", "json", encoding="utf-8")
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert str(CAMPAIGN["name"]) in out
