"""`minipush import` against an API that stores what it gets."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from support.command_line import CommandLine
from support.redis_server import running_redis
from support.unreliable_api import Lost, Reply, Request, UnreliableApi, serving

from minipush_cli.importing import run as import_run

DAY_MS = 24 * 60 * 60 * 1000
LINES = 12_000
A_USER = 40  # lines of one user


@dataclass
class Stored:
    """The API's side. `permits`: how often each was stored. `is_slow`: each call takes a while."""

    permits: Counter[str] = field(default_factory=Counter)
    tags: dict[str, set[str]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Reply | Lost:
        time.sleep(self.seconds)
        with self.lock:
            if request.route == "POST /tags":
                return self.add_tags(request.json)
            openid = request.path.split("/")[2]
            if request.method == "PATCH":
                return self.change(openid, request.json)
            return self.store(openid, request.json)

    def store(self, openid: str, body: Any) -> Reply:
        if openid.startswith("bad"):
            return Reply(
                422,
                {
                    "detail": "The request is not valid.",
                    "errors": [{"pointer": "/openid", "detail": "no openid"}],
                },
            )
        stored, rejected = 0, []
        for list_, entries in body.items():
            for place, entry in enumerate(entries):
                id_ = entry.get("form_id") or entry.get("prepay_id") or entry.get("id")
                if str(id_).startswith("mock"):
                    rejected.append({"pointer": f"/{list_}/{place}", "reason": "mock_form_id"})
                else:
                    stored += self.permits[f"{openid}/{id_}"] == 0
                    self.permits[f"{openid}/{id_}"] += 1
        return Reply(200, {"stored": stored, "rejected": rejected})

    def add_tags(self, body: Any) -> Reply:
        if any(openid.startswith("bad") for openid in body["openids"]):
            return Reply(422, {"detail": "The request is not valid."})
        for openid in body["openids"]:
            self.tags.setdefault(openid, set()).update(body["add"])
        return Reply(200, {"changed": len(body["openids"])})

    def change(self, openid: str, body: Any) -> Reply:
        if body.get("quiet_hours") == {}:
            return Reply(422, {"detail": "The request is not valid."})
        self.settings[openid] = body
        return Reply(200, {})


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def api(stored: Stored) -> Iterator[UnreliableApi]:
    with serving(stored) as api:
        yield api


@pytest.fixture
def minipush(api: UnreliableApi) -> CommandLine:
    return CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "mp_key"})


def lines(file: Path, *values: Any) -> str:
    file.write_text(
        "".join(
            f"{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}\n"
            for value in values
        ),
        encoding="utf-8",
    )
    return str(file)


def test_each_kind_of_line_reaches_its_route(
    minipush: CommandLine, stored: Stored, api: UnreliableApi, tmp_path: Path
) -> None:
    file = lines(
        tmp_path / "users.jsonl",
        {"openid": "anna", "form_id": "f1", "expires_at": 1},
        {"openid": "anna", "prepay_id": "p1"},
        {"openid": "anna", "template_id": "S1", "id": "a1", "result": "accept"},
        "",
        {"openid": "bo", "tags": ["会员", "vip"], "opt_out": True},
        {"openid": "bo", "opt_out": False},
        {"openid": "cy", "tags": ["会员", "vip"]},
    )
    ran = minipush("import", file, "-o", "json")
    assert ran.status == 0
    assert ran.json == {"records": 6, "stored": 3, "known": 0, "changed": 3, "rejected": 0, "skipped": 0}
    assert stored.tags == {"bo": {"会员", "vip"}, "cy": {"会员", "vip"}}
    assert stored.settings == {"bo": {"opt_out": False}}
    [permits] = [request.json for request in api.requests if request.path == "/users/anna/permits"]
    assert permits["form_ids"] == [{"form_id": "f1", "expires_at": 1}]
    again = minipush("import", file)
    assert "known     3" in again.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["users.jsonl"]


def test_what_is_refused_is_listed_by_its_line(minipush: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "users.jsonl",
        {"openid": "anna", "form_id": "f1"},
        "{",
        "[]",
        {"form_id": "f2"},
        {"openid": "anna", "formId": "f3"},
        {"openid": "anna"},
        {"openid": "anna", "form_id": "f4", "prepay_id": "p"},
        {"openid": "anna", "expires_at": 5},
        {"openid": "anna", "tags": "vip"},
        {"openid": "anna", "form_id": "mock"},
        {"openid": "bad one", "form_id": "f5"},
        {"openid": "bad one", "tags": ["vip"]},
        {"openid": "bo", "tags": ["vip"]},
        {"openid": "bo", "quiet_hours": {}},
    )
    ran = minipush("import", file)
    assert ran.status == 1
    rejected = [
        json.loads(line) for line in (tmp_path / "users.jsonl.rejected.jsonl").read_text().splitlines()
    ]
    assert [one["number"] for one in rejected] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14]
    assert rejected[8] == {"number": 10, "openid": "anna", "reason": "mock_form_id"}
    assert "line 10: mock_form_id anna" in ran.err
    assert stored.permits == {"anna/f1": 1}
    assert stored.tags == {"bo": {"vip"}}


def test_an_import_that_is_killed_goes_on_and_stores_each_line_once(
    minipush: CommandLine, stored: Stored, api: UnreliableApi, tmp_path: Path
) -> None:
    values = [
        {"openid": f"o{number // A_USER}", "form_id": "mock" if number % 3000 == 7 else f"f{number}"}
        for number in range(LINES)
    ]
    file = lines(tmp_path / "forms.jsonl", *values)
    stored.seconds = 0.02
    for share in (3, 2):
        process = minipush.start("import", file)
        while stored.permits.total() < LINES / share:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
        process.communicate()
    stored.seconds = 0.0
    calls = len(api.requests)
    ran = minipush("import", file, "-o", "json")
    assert ran.status == 1
    assert "Going on after" in ran.err
    assert len(api.requests) - calls < LINES / A_USER
    assert len(stored.permits) == LINES - 4
    assert (ran.json["records"], ran.json["rejected"]) == (LINES, 4)
    rejects = [
        json.loads(line)["number"]
        for line in (tmp_path / "forms.jsonl.rejected.jsonl").read_text().splitlines()
    ]
    assert rejects == [8, 3008, 6008, 9008]
    assert not (tmp_path / "forms.jsonl.progress").exists()


def test_another_file_of_the_same_name_is_imported_from_its_start(
    minipush: CommandLine, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "IN_A_PART", 1)
    file = tmp_path / "forms.jsonl"
    lines(file, {"openid": "anna", "form_id": "f1"}, {"openid": "anna", "form_id": "f2"})
    (tmp_path / "forms.jsonl.progress").write_text('{"of": {"bytes": 1}, "totals": {"records": 2}}')
    assert minipush("import", str(file), "-o", "json").json["stored"] == 2
    (tmp_path / "forms.jsonl.progress").write_text("not JSON")
    assert minipush("import", str(file), "-o", "json").json["known"] == 2


@pytest.mark.parametrize(("reply", "status"), [(Reply(403, {"detail": "no scope"}), 3), (Lost(), 6)])
def test_an_import_stops_where_the_rest_would_fail_as_well(
    tmp_path: Path, reply: Reply | Lost, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipush_cli.api.RETRIES", 0)
    file = lines(tmp_path / "forms.jsonl", {"openid": "anna", "form_id": "f1"})
    with serving(lambda _: reply) as api:
        ran = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "mp_key"})("import", file)
    assert ran.status == status


CSV = """\
openid,form_id,template_id,id,result,tags,opt_out,expires_at,quiet_hours
anna,f1,,,,,,1800000000000,
anna,,S1,a1,accept,,,,
bo,,,,,vip;'=cmd(),no,,
cy,,,,,"[""a;b""]",,,"{""from"": ""22:00"", ""to"": ""08:00"", ""timezone"": ""Asia/Shanghai""}"
dd,,,,,,maybe,,
ee,f2
ff,f3,,,,,,soon,
"""


def test_csv_has_columns_of_the_same_names(minipush: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(CSV)
    ran = minipush("import", str(file), "-o", "json")
    assert (ran.status, ran.json["rejected"]) == (1, 3)
    assert stored.permits == {"anna/f1": 1, "anna/a1": 1}
    assert stored.tags["cy"] == {"a;b"}
    assert stored.settings["bo"] == {"opt_out": False}
    assert stored.settings["cy"]["quiet_hours"]["from"] == "22:00"


@pytest.mark.parametrize("head", ["", "form_id", "openid,formId"])
def test_csv_without_known_columns_is_refused(minipush: CommandLine, tmp_path: Path, head: str) -> None:
    file = tmp_path / "users.csv"
    file.write_text(f"{head}\nanna,f1\n")
    assert minipush("import", str(file)).status == 2
    assert minipush("import", str(tmp_path / "none.csv")).status == 2


def test_standard_input_leaves_no_files(
    minipush: CommandLine, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert minipush("import", "-", stdin='{"openid": "anna", "form_id": "f1"}\n{\n').status == 1
    assert stored.permits == {"anna/f1": 1}
    assert [*tmp_path.iterdir()] == []


# ---- the lists of the articles


def element(form_id: Any, expire: Any) -> str:
    return json.dumps({"formId": form_id, "expire": expire})


def tomorrow() -> int:
    return time.time_ns() // 1_000_000 + DAY_MS


def test_lists_that_redis_cli_printed_are_read(minipush: CommandLine, stored: Stored, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "lists.txt",
        "mina:openid:anna",
        element("f1", tomorrow()),
        element("f2", str(tomorrow())),
        element("f3", 1),
        element("", tomorrow()),
        element("mock", tomorrow()),
        "not JSON",
        "mina:openid:bo",
        {
            "mina:openid:cy": [element("f4", tomorrow()), {"formId": "f5", "expire": tomorrow()}],
            "mina:openid:dd": element("f6", tomorrow()),
        },
    )
    ran = minipush("import", file, "--format", "redis", "-o", "json")
    assert ran.status == 0
    assert (ran.json["stored"], ran.json["skipped"]) == (5, 4)
    assert set(stored.permits) == {"anna/f1", "anna/f2", "cy/f4", "cy/f5", "dd/f6"}


def test_a_list_without_a_key_is_rejected(minipush: CommandLine, tmp_path: Path) -> None:
    file = lines(tmp_path / "lists.txt", element("f1", tomorrow()))
    assert minipush("import", file, "--format", "redis").status == 1


def test_the_lists_of_a_redis_are_read(minipush: CommandLine, stored: Stored) -> None:
    with running_redis() as path, redis.Redis(unix_socket_path=path) as client:
        client.rpush("mina:openid:anna", element("f1", tomorrow()), element("f2", 1))
        client.set("mina:openid:bo", "no list")
        ran = minipush("import", f"unix://{path}", "-o", "json")
    assert (ran.status, ran.json["stored"], ran.json["skipped"]) == (0, 1, 1)
    assert set(stored.permits) == {"anna/f1"}


def test_a_redis_that_cannot_be_reached_is_named(
    minipush: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert minipush("import", "redis://127.0.0.1:9").status == 6
    assert minipush("import", "redis://127.0.0.1:not-a-port").status == 6
    monkeypatch.setitem(sys.modules, "redis", None)
    ran = minipush("import", "redis://127.0.0.1:9")
    assert (ran.status, "minipush[redis]" in ran.err) == (2, True)
