"""`minipush export`, and `minipush import` of it, against both HTTP services on stores in memory."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.command_line import CommandLine
from support.http_app import KEY, HttpApp
from support.unreliable_api import Reply, Request, serving

ANNA = "GET /users/{openid}"


def answering(app: HttpApp, request: Request) -> Reply:
    parts = urlsplit(request.path)
    openid = re.match(r"/users/([^/]+)", parts.path)
    path = parts.path.replace(openid[1], "{openid}", 1) if openid else parts.path
    query = dict(parse_qsl(parts.query)) or None
    given = {"openid": openid[1]} if openid else {}
    answer = app.ask(f"{request.method} {path}", request.json, query=query, **given)
    return Reply(answer.status, answer.raw["body"])


def served(app: HttpApp) -> Iterator[CommandLine]:
    one_at_a_time = threading.Lock()

    def answer(request: Request) -> Reply:
        with one_at_a_time:
            return answering(app, request)

    with serving(answer) as api:
        yield CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY})
    app.runner.close()


@pytest.fixture
def app() -> HttpApp:
    return HttpApp()


@pytest.fixture
def minipush(app: HttpApp) -> Iterator[CommandLine]:
    yield from served(app)


@pytest.fixture
def other() -> HttpApp:
    return HttpApp()


@pytest.fixture
def minipush_of_other(other: HttpApp) -> Iterator[CommandLine]:
    yield from served(other)


def report(app: HttpApp, *ids: str) -> int:
    """How many of these accepts of anna's are new."""
    entries = [{"id": id_, "template_id": "S1", "result": "accept"} for id_ in ids]
    answer = app.ask("POST /users/{openid}/permits", {"subscriptions": entries})
    return int(answer.json["stored"])


def accepts(app: HttpApp) -> Any:
    return app.ask(ANNA).json["permits"]["once"]


def carried(exporting: CommandLine, importing: CommandLine, folder: Path) -> Any:
    assert exporting("export", str(folder)).status == 0
    ran = importing("import", str(folder / "import.jsonl"), "-o", "json")
    assert ran.status == 0, ran.err
    return ran.json


def test_an_import_into_the_exported_deployment_adds_no_accept(
    app: HttpApp, minipush: CommandLine, tmp_path: Path
) -> None:
    report(app, *(f"tap-{number}" for number in range(46)))
    for folder in ("first", "second"):
        totals = carried(minipush, minipush, tmp_path / folder)
        assert (totals["stored"], totals["known"]) == (0, 46)
    assert accepts(app) == {"S1": 46}


def test_an_accept_that_was_spent_since_the_export_stays_spent(
    app: HttpApp, minipush: CommandLine, tmp_path: Path
) -> None:
    report(app, "tap-1", "tap-2")
    assert minipush("export", str(tmp_path / "backup")).status == 0
    message = {"type": "subscribe", "template_id": "S1", "touser": "anna", "data": {"thing1": {"value": "Tea"}}}  # fmt: skip
    sent = app.ask("POST /messages", message, headers={"idempotency-key": "order-42"})
    assert sent.json["results"][0]["status"] == "sent"
    assert minipush("import", str(tmp_path / "backup" / "import.jsonl")).status == 0
    assert accepts(app) == {"S1": 1}


def test_another_deployment_gets_each_accept_once_whoever_reports_it(
    app: HttpApp, other: HttpApp, minipush: CommandLine, minipush_of_other: CommandLine, tmp_path: Path
) -> None:
    """The phone reports to the new deployment what it has reported to the old one."""
    report(app, "tap-1", "tap-2", "tap-3")
    assert report(other, "tap-3", "tap-4") == 2
    totals = carried(minipush, minipush_of_other, tmp_path / "backup")
    assert (totals["stored"], totals["known"]) == (2, 1)
    assert report(other, "tap-2") == 0
    assert accepts(other) == {"S1": 4}


def test_a_long_term_permit_is_carried_once(app: HttpApp, minipush: CommandLine, tmp_path: Path) -> None:
    entry = {"id": "tap-1", "template_id": "L1", "result": "accept", "long_term": True}
    app.ask("POST /users/{openid}/permits", {"subscriptions": [entry]})
    assert carried(minipush, minipush, tmp_path / "backup")["stored"] == 0
    assert app.ask(ANNA).json["permits"]["long"] == ["L1"]


def test_an_export_of_a_deployment_without_ids_of_accepts_is_refused(app: HttpApp, tmp_path: Path) -> None:
    """Ids that were made up would double the accepts."""
    report(app, "tap-1")

    def older(request: Request) -> Reply:
        reply = answering(app, request)
        if request.path != "/users/anna":
            return reply
        return Reply(200, {name: value for name, value in json.loads(reply.body).items() if name != "accept_ids"})  # fmt: skip

    with serving(older) as api:
        minipush = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY})
        ran = minipush("export", str(tmp_path / "backup"))
    app.runner.close()
    assert (ran.status, "older than this command line" in ran.err) == (1, True)
