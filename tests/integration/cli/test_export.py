"""`minipush export` of an API with users and reports."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.command_line import CommandLine
from support.unreliable_api import Lost, Reply, Request, UnreliableApi, serving

from minipush_cli.exporting import run

USERS = 90
REPORTED = 25


def user(number: int) -> dict[str, Any]:
    permits: dict[str, Any] = {
        "form": 1,
        "pay": 3,
        "once": {"S1": number % 3},
        "long": ["L1"] if number % 2 else [],
    }
    if not number % 3:
        permits["once"] = {}
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"} if number == 1 else None
    ids = {template_id: [f"tap-{n}" for n in range(count)] for template_id, count in permits["once"].items()}
    return {"openid": f"o{number}", "permits": permits, "accept_ids": ids, "next_expiry": None, "opt_out": number == 2, "quiet_hours": quiet,
            "last_seen": None, "tags": ["会员", "=cmd()"] if number == 1 else ["a;b"] if number == 2 else [], "messages": []}  # fmt: skip


@dataclass
class Api:
    """`fails_at`: the answer to this path is lost for ever."""

    fails_at: str = ""
    read: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request) -> Reply | Lost:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.read[parts.path] += 1
        if self.fails_at and request.path.startswith(self.fails_at):
            return Lost()
        return Reply(200, self.answer(parts.path, query))

    def answer(self, path: str, query: dict[str, str]) -> Any:
        if path == "/users":
            return page([{"openid": f"o{number}"} for number in range(USERS)], query)
        if path.startswith("/users/o"):
            return user(int(path.removeprefix("/users/o")))
        if path == "/campaigns":
            return page([{"id": "c-1", "name": "一"}, {"id": "c-2", "name": "二"}], query)
        if path.endswith("/recipients"):
            entry = {
                "status": "failed",
                "errcode": -1,
                "errmsg": "=HYPERLINK(1)",
                "at": "2026-11-21T11:00:00Z",
            }
            return page([{"openid": f"o{number}", **entry} for number in range(REPORTED)], query)
        return {"items": [], "next_cursor": None}


def page(items: list[Any], query: dict[str, str]) -> dict[str, Any]:
    start, limit = int(query.get("cursor", 0)), int(query["limit"])
    end = start + limit
    return {"items": items[start:end], "next_cursor": str(end) if end < len(items) else None}


@pytest.fixture
def stored() -> Api:
    return Api()


@pytest.fixture
def api(stored: Api) -> Iterator[UnreliableApi]:
    with serving(stored) as api:
        yield api


@pytest.fixture
def minipush(api: UnreliableApi, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setattr("minipush_cli.api.RETRIES", 0)
    monkeypatch.setattr(run, "USERS_IN_A_PART", 40)
    monkeypatch.setattr(run, "RECIPIENTS_IN_A_PAGE", 10)
    return CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "mp_key"})


def json_lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_each_user_and_each_report_is_in_the_folder(minipush: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    assert minipush("export", str(folder), "-o", "json").json["users"] == USERS
    assert json_lines(folder / "users.jsonl") == [user(number) for number in range(USERS)]
    assert [one["name"] for one in json_lines(folder / "campaigns.jsonl")] == ["一", "二"]
    assert [len(json_lines(folder / "reports" / f"c-{number}.jsonl")) for number in (1, 2)] == [REPORTED] * 2
    assert {path.name for path in folder.iterdir()} == {
        "users.jsonl", "import.jsonl", "campaigns.jsonl", "reports", "tags.json", "targets.json", "pool.json", "templates.jsonl",
    }  # fmt: skip


def test_what_can_be_imported_again_is_in_the_form_of_an_import(
    minipush: CommandLine, tmp_path: Path
) -> None:
    minipush("export", str(tmp_path / "backup"))
    lines = [
        line for line in json_lines(tmp_path / "backup" / "import.jsonl") if line["openid"] in {"o1", "o2"}
    ]
    assert lines == [
        {
            "openid": "o1",
            "tags": ["会员", "=cmd()"],
            "quiet_hours": {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"},
        },
        {"openid": "o1", "template_id": "S1", "id": "tap-0", "result": "accept"},
        {"openid": "o1", "template_id": "L1", "id": "export-long", "result": "accept", "long_term": True},
        {"openid": "o2", "tags": ["a;b"], "opt_out": True},
        {"openid": "o2", "template_id": "S1", "id": "tap-0", "result": "accept"},
        {"openid": "o2", "template_id": "S1", "id": "tap-1", "result": "accept"},
    ]


def test_in_csv_a_formula_is_quoted(minipush: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    assert minipush("export", str(folder), "--format", "csv").status == 0
    with (folder / "users.csv").open(encoding="utf-8") as file:
        users = {row["openid"]: row for row in csv.DictReader(file)}
    assert len(users) == USERS
    assert users["o1"]["tags"] == "会员;=cmd()"
    assert users["o2"]["tags"] == '["a;b"]'
    assert users["o1"]["quiet_hours"] == "22:00-08:00 Asia/Shanghai"
    with (folder / "reports" / "c-1.csv").open(encoding="utf-8") as file:
        entry = next(csv.DictReader(file))
    assert (entry["errmsg"], entry["errcode"]) == ("'=HYPERLINK(1)", "-1")


@pytest.mark.parametrize("fails_at", ["/users?cursor=40", "/users/o60", "/campaigns/c-2/recipients?limit=10&cursor=10", "/pool"])  # fmt: skip
@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_an_export_that_was_interrupted_goes_on(
    minipush: CommandLine, stored: Api, tmp_path: Path, fails_at: str, format_: str
) -> None:
    folder, whole = tmp_path / "backup", tmp_path / "whole"
    stored.fails_at = fails_at
    assert minipush("export", str(folder), "--format", format_).status == 6
    stored.fails_at = ""
    read = stored.read.copy()
    assert minipush("export", str(folder), "--format", format_).status == 0
    assert stored.read["/users/o0"] == read["/users/o0"] == 1
    assert minipush("export", str(whole), "--format", format_).status == 0
    for path in whole.rglob("*.*"):
        assert (folder / path.relative_to(whole)).read_bytes() == path.read_bytes()


def test_what_a_killed_export_wrote_too_much_is_cut(
    minipush: CommandLine, stored: Api, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    stored.fails_at = "/users?cursor=40"
    minipush("export", str(folder))
    with (folder / "users.jsonl").open("a") as file:
        file.write('{"half of a line')
    stored.fails_at = ""
    assert minipush("export", str(folder)).status == 0
    assert len(json_lines(folder / "users.jsonl")) == USERS


def test_a_folder_with_other_things_is_left_alone(minipush: CommandLine, stored: Api, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    assert minipush("export", str(tmp_path)).status == 2
    stored.fails_at = "/pool"
    minipush("export", str(tmp_path / "backup"))
    assert minipush("export", str(tmp_path / "backup"), "--format", "csv").status == 2
    assert minipush("export", "/proc/nothing/here").status == 2
