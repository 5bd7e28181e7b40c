"""The command line on a running stack."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.campaign_client import CampaignClient, CampaignRequest, to_openids, unique_id, wait_until
from support.command_line import CommandLine
from support.running import MakeRun
from support.unreliable_api import Lost, Reply, Request, forwarded, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        yield CampaignClient(stack, wechat)


@pytest.fixture(scope="module")
def minipush(stack: MakeRun) -> CommandLine:
    return CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key})


@pytest.fixture
def request_(client: CampaignClient) -> CampaignRequest:
    """A campaign to three users, one of whom has no permit."""
    return to_openids([*client.form_holders(2), f"nobody-{unique_id()}"])


@pytest.fixture
def file(tmp_path: Path, request_: CampaignRequest) -> str:
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(request_.body, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_a_key_that_works_is_kept(stack: MakeRun, tmp_path: Path) -> None:
    minipush = CommandLine({"MINIPUSH_CONFIG": str(tmp_path / "config.toml")})
    assert minipush("login", "--url", stack.api_url, "--key-stdin", stdin=stack.operator_key).status == 0
    assert set(minipush("whoami", "-o", "json").json["scopes"]) == {"send", "read", "admin", "moderate"}
    assert minipush("login", "--url", stack.api_url, "--key-stdin", stdin="mp_wrong").status == 3


def test_a_campaign_from_its_dry_run_to_its_report(
    minipush: CommandLine, client: CampaignClient, request_: CampaignRequest, file: str
) -> None:
    assert minipush("-o", "json", "campaigns", "dry-run", file).json["recipients"] == 2
    assert minipush("campaigns", "make", file, "--dry-run").status == 0
    made = minipush("campaigns", "make", file, "--yes", "-o", "json").json
    assert minipush("campaigns", "watch", made["id"], "--every", "0.2").status == 0
    assert len(client.reached(request_)) == 2
    report = minipush("campaigns", "report", made["id"], "--csv").out
    assert sorted(row["status"] for row in csv.DictReader(io.StringIO(report))) == ["sent", "sent", "skipped"]
    assert len(minipush("campaigns", "report", made["id"], "-o", "json").json["items"]) == 3
    assert "no_permit" in minipush("campaigns", "report", made["id"]).out
    assert made["id"] in minipush("campaigns", "list").out
    assert minipush("campaigns", "pause", made["id"]).status == 5
    assert minipush("campaigns", "show", "c-unknown").status == 4


def test_a_campaign_whose_answer_is_lost_is_made_once(
    minipush: CommandLine, stack: MakeRun, client: CampaignClient, request_: CampaignRequest, file: str
) -> None:
    """The command is killed after the API has made it, and repeated with the key that it printed."""

    def answer_nothing(request: Request) -> Lost:
        forwarded(request, stack.api_url)
        return Lost(60)

    with serving(answer_nothing) as api:
        broken = CommandLine(minipush.environment | {"MINIPUSH_URL": api.url})
        process = broken.start("campaigns", "make", file, "--yes")
        wait_until_made(client, request_)
        process.kill()
        key = process.communicate()[1].split("--key ")[1].split()[0]
    repeated = minipush("campaigns", "make", file, "--yes", "--key", key, "-o", "json")
    assert repeated.status == 0
    client.until(repeated.json["id"], "completed")
    assert client.count_listed(request_) == 1
    assert len(client.reached(request_)) == 2


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


def wait_until_made(client: CampaignClient, request: CampaignRequest) -> None:
    wait_until(lambda: client.count_listed(request), lambda count: count == 1)


def test_a_planned_campaign_is_paused_copied_and_cancelled(
    minipush: CommandLine, request_: CampaignRequest, tmp_path: Path
) -> None:
    path = tmp_path / "planned.json"
    path.write_text(json.dumps({**request_.body, "schedule": {"at": tomorrow()}}))
    made = minipush("campaigns", "make", str(path), "--yes", "-o", "json").json
    copied = minipush("campaigns", "copy", made["id"], "--name", "又一次", "--yes", "-o", "json").json
    assert (copied["status"], copied["name"], copied["audience"]) == ("scheduled", "又一次", made["audience"])
    for id_ in (made["id"], copied["id"]):
        assert minipush("campaigns", "cancel", id_).status == 2
        assert minipush("campaigns", "cancel", id_, "--yes", "-o", "json").json["status"] == "cancelled"
    assert minipush("campaigns", "watch", made["id"]).status == 1


def test_a_message_is_sent_once_with_one_key(minipush: CommandLine, client: CampaignClient) -> None:
    template_id = unique_id()
    [openid] = client.subscribers(1, template_id)
    send = ("send", openid, "--template", template_id, "--data", "thing1=茶", "--yes", "--key", unique_id())
    assert [minipush(*send).status for _ in range(2)] == [0, 0]
    assert len([*client.wechat.messages(openid)]) == 1
    nothing_left = minipush("send", openid, "--template", template_id, "--data", "thing1=茶", "--yes")
    assert (nothing_left.status, "no_permit" in nothing_left.out) == (1, True)
    assert minipush("send", openid, "--template", template_id, "--data", "=", "--yes").status == 2
    assert minipush("send", openid, "--template", template_id).status == 2
    assert minipush("send", *["o"] * 101, "--template", template_id, "--yes").status == 2
    shown = minipush("users", "show", openid).out
    assert "once" in shown


def test_the_pool_is_shown_for_an_instant(minipush: CommandLine) -> None:
    assert minipush("pool", "-o", "json").json.keys() >= {"reachable_users", "permits", "templates"}
    assert "reachable" in minipush("pool").out
    assert minipush("pool", "--at", "soon").status == 2


def test_a_lost_connection_is_not_a_lost_send(
    minipush: CommandLine, stack: MakeRun, client: CampaignClient
) -> None:
    template_id = unique_id()
    [openid] = client.subscribers(1, template_id)
    lost = iter([True, False])

    def lose_the_first_answer(request: Request) -> Reply | Lost:
        reply = forwarded(request, stack.api_url)
        return Lost() if next(lost) else reply

    with serving(lose_the_first_answer) as api:
        through = CommandLine(minipush.environment | {"MINIPUSH_URL": api.url})
        sent = through(
            "send", openid, "--template", template_id, "--data", "thing1=茶", "--yes", "-o", "json"
        )
    assert sent.json["results"][0]["status"] == "sent"
    assert len([*client.wechat.messages(openid)]) == 1


def test_a_planned_campaign_is_edited_paused_and_resumed(
    minipush: CommandLine, request_: CampaignRequest, tmp_path: Path
) -> None:
    path, changes = tmp_path / "planned.json", tmp_path / "changes.json"
    path.write_text(json.dumps({**request_.body, "schedule": {"at": tomorrow()}}))
    changes.write_text('{"max_per_second": 7}')
    made = minipush("campaigns", "make", str(path), "--yes", "-o", "json").json
    assert minipush("campaigns", "edit", made["id"], str(changes), "-o", "json").json["max_per_second"] == 7
    assert minipush("campaigns", "pause", made["id"], "-o", "json").json["status"] == "paused"
    assert made["id"] in minipush("campaigns", "list", "--status", "paused").out
    assert minipush("campaigns", "resume", made["id"], "-o", "json").json["status"] == "scheduled"
    assert "at most per second  7" in minipush("campaigns", "show", made["id"]).out
    assert minipush("campaigns", "cancel", made["id"], "--yes").status == 0


def test_why_a_user_did_or_did_not_get_a_message(
    minipush: CommandLine, client: CampaignClient, request_: CampaignRequest, file: str
) -> None:
    made = minipush("campaigns", "make", file, "--yes", "-o", "json").json
    client.until(made["id"], "completed")
    reached, _, nobody = request_.audience["openids"]
    assert minipush("users", "why", reached, made["id"], "-o", "json").json["status"] == "sent"
    assert "Ask them again" in minipush("users", "why", nobody, made["id"]).out
    assert "list of openids" in minipush("users", "why", unique_id(), made["id"]).out
    assert "reachable" in minipush("users", "why", reached).out
    assert minipush("users", "why", reached, "-o", "json").json["timeline"]
    assert "sent" in minipush("users", "show", reached).out
    assert "sent" in minipush("users", "timeline", reached).out
    assert minipush("users", "timeline", reached, "--limit", "1", "-o", "json").json["items"]


def test_users_are_tagged_by_name_and_by_file(
    minipush: CommandLine, client: CampaignClient, tmp_path: Path
) -> None:
    openids, tag = client.form_holders(3), unique_id()
    file = tmp_path / "openids.txt"
    file.write_text("\n".join(openids[1:]) + "\n\n")
    tagged = minipush("users", "tag", openids[0], "--file", str(file), "--add", tag, "-o", "json")
    assert tagged.json == {"changed": 3}
    assert minipush("users", "tag", openids[0], "--remove", tag).out == "1 users changed\n"
    assert minipush("users", "tag", "--file", "-", "--remove", tag, stdin=openids[1]).status == 0
    assert minipush("users", "show", openids[2], "-o", "json").json["tags"] == [tag]
    assert minipush("tags").status == 0
    assert minipush("tags", "-o", "json").json.keys() >= {"items", "measured_at"}
    assert [
        minipush(*wrong).status for wrong in (("users", "tag", "anna"), ("users", "tag", "--add", tag))
    ] == [2, 2]


def test_what_is_imported_is_stored_once(minipush: CommandLine, tmp_path: Path) -> None:
    openid = unique_id()
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}
    lines = [
        {"openid": openid, "prepay_id": f"wx{unique_id()}"},
        {"openid": openid, "form_id": "the formId is a mock one"},
        {"openid": openid, "tags": ["会员"], "opt_out": True, "quiet_hours": quiet},
        {"openid": "no openid", "form_id": "f"},
    ]
    file = tmp_path / "users.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert minipush("import", str(file), "-o", "json").json["stored"] == 1
    again = minipush("import", str(file), "-o", "json")
    assert (again.status, again.json["stored"], again.json["known"], again.json["rejected"]) == (1, 0, 1, 2)
    user = minipush("users", "show", openid, "-o", "json").json
    assert (user["permits"]["pay"], user["tags"], user["opt_out"], user["quiet_hours"]) == (
        3,
        ["会员"],
        True,
        quiet,
    )


def test_sending_is_stopped_and_allowed_again(minipush: CommandLine) -> None:
    assert minipush("stop").status == 2
    try:
        assert "off: wrong template" in minipush("stop", "--reason", "wrong template", "--yes").out
    finally:
        assert minipush("go", "-o", "json").json["enabled"] is True
    assert minipush("stats", "--days", "1", "--by", "hour").status == 0
    assert minipush("stats", "-o", "json").json["items"]


def test_the_console_has_an_address(minipush: CommandLine, stack: MakeRun) -> None:
    assert minipush("console", "--print").out == f"{stack.api_url}/console/\n"
    assert minipush("console", "-o", "json").json == {"url": f"{stack.api_url}/console/"}


def test_at_last_templates_are_synced_and_planned(minipush: CommandLine, tmp_path: Path) -> None:
    synced = minipush("templates", "sync", "-o", "json").json
    assert minipush("templates", "list", "-o", "json").json["items"] == synced["items"]
    assert minipush("templates", "list").status == 0
    before = minipush("templates", "plan", "-o", "json").json
    path = tmp_path / "targets.json"
    path.write_text(json.dumps(before))
    assert minipush("templates", "plan", str(path), "-o", "json").json == before
    assert "hours" in minipush("templates", "plan").err
