"""Campaigns, as back ends and operators ask for them."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.http_app import NOW, SEGMENTS, HttpApp

from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Cause, Outcome, Reason, Status
from minipush.domain.quotas import DailyQuota
from minipush.errors import StoreError

MESSAGE = {"type": "template", "template_id": "T1", "keywords": ["Yoga", "19:30"]}
CAMPAIGN = {"name": "Evening", "message": MESSAGE, "audience": {"type": "all"}}
MANY = [f"user-{n}" for n in range(10_000)]
STEPS = ("pause", "resume", "cancel")


def named(*openids: str) -> dict[str, Any]:
    return CAMPAIGN | {"audience": {"type": "openids", "openids": openids}}


def in_hours(hours: float) -> str:
    return (datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(hours=hours)).isoformat()


def made(app: HttpApp, body: Any = CAMPAIGN) -> str:
    answer = app.ask("POST /campaigns", body)
    assert answer.status == 201
    return str(answer.json["id"])


def settle(app: HttpApp, campaign_id: str, outcomes: list[Outcome]) -> None:
    """One page of the first segment, as a worker commits it."""
    segment = app.campaigns.take(campaign_id, 0, "one", NOW, NOW)
    app.reports.write(segment, outcomes, NOW)
    segment.counts.add(outcomes)
    segment.pages += 1
    segment.done = True
    app.campaigns.save(segment)


# ---- making


def test_a_campaign_is_told_as_it_was_made(app: HttpApp) -> None:
    answer = app.ask("POST /campaigns", CAMPAIGN)
    assert answer.status == 201
    told = answer.json
    assert told.pop("id").startswith("c-")
    assert told.pop("created_at") == told.pop("started_at")
    assert told == {
        "name": "Evening",
        "status": "running",
        "message": {
            "type": "template",
            "template_id": "T1",
            "data": {"keyword1": {"value": "Yoga"}, "keyword2": {"value": "19:30"}},
        },
        "audience": {"type": "all"},
        "finished_at": None,
        "counts": {"sent": 0, "failed": 0, "skipped": 0, "unknown": 0, "by_reason": {}},
        "progress": {
            "segments": SEGMENTS,
            "segments_done": 0,
            "seen": 0,
            "expected": 1,
            "estimated": True,
            "per_second": 0.0,
            "eta": None,
        },
        "warnings": ["no_text_check", "retired_interface"],
    }
    assert app.counted == [{"CampaignsCreated": 1}]


def test_what_was_given_is_told(app: HttpApp) -> None:
    given = {"max_per_second": 500, "frequency_cap": {"messages": 1, "hours": 24}}
    asked = {
        "page": "pages/class?id=7",
        "emphasis_keyword": "keyword1.DATA",
        "on_unknown": "retry",
        "fields": "unchecked",
    }
    message = MESSAGE | asked
    told = app.ask("POST /campaigns", CAMPAIGN | given | {"message": message}).json
    assert told.items() >= given.items()
    assert told["message"].items() >= asked.items()


def test_a_campaign_for_later_is_scheduled(app: HttpApp) -> None:
    at = in_hours(2)
    told = app.ask("POST /campaigns", CAMPAIGN | {"schedule": {"at": at}}).json
    assert (told["status"], told["started_at"]) == ("scheduled", None)
    assert datetime.fromisoformat(told["schedule"]["at"]) == datetime.fromisoformat(at)
    assert app.schedules.due == {told["id"]: NOW + 2 * 60 * 60 * 1000}


@pytest.mark.parametrize(
    "at",
    ["2026-11-27T20:00:00+08:00", "2026-11-27T12:00:00Z", "2026-11-27T12:00:00.000Z", "2026-11-27t12:00:00z",
     " 2026-11-27T12:00Z "],
)  # fmt: skip
def test_an_instant_may_have_any_offset(app: HttpApp, at: str) -> None:
    app.now = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
    told = app.ask("POST /campaigns", CAMPAIGN | {"schedule": {"at": at}}).json
    assert told["schedule"] == {"at": "2026-11-27T12:00:00.000Z"}


@pytest.mark.parametrize(
    "at", ["2026-11-30T24:00:00+08:00", "2026-11-30T24:00:00.000+08:00", "2026-11-30T24:00+08:00"]
)
def test_an_instant_may_be_the_end_of_a_day(app: HttpApp, at: str) -> None:
    app.now = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
    told = app.ask("POST /campaigns", CAMPAIGN | {"schedule": {"at": at}}).json
    assert told["schedule"] == {"at": "2026-11-30T16:00:00.000Z"}


@pytest.mark.parametrize("at", [{}, {"x": 1}, [], 5, True, "", "soon", "2026-11-27T20:00:00"])
def test_what_is_no_instant_is_422(app: HttpApp, at: object) -> None:
    answer = app.ask("POST /campaigns", CAMPAIGN | {"schedule": {"at": at}})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/schedule/at")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (" pages/class?id=7\n", "pages/class?id=7"),
        ("\u3000pages/class\u200b", "pages/class"),
        ("//pages//class/", "pages/class"),
        ("/pages/class?next=https://a.b//c", "pages/class?next=https://a.b//c"),
    ],
)
def test_a_page_is_normalized(app: HttpApp, page: str, told: str) -> None:
    made = app.ask("POST /campaigns", CAMPAIGN | {"message": MESSAGE | {"page": page}}).json
    assert made["message"]["page"] == told


def test_the_same_key_makes_one_campaign_and_answers_the_same(app: HttpApp) -> None:
    headers = {"idempotency-key": "evening-7"}
    first = app.ask("POST /campaigns", CAMPAIGN, headers=headers)
    app.ask("POST /campaigns/{campaign_id}/cancel", campaign_id=first.json["id"])
    second = app.ask("POST /campaigns", CAMPAIGN, headers=headers)
    assert (second.status, second.json) == (201, first.json)
    assert len(app.campaigns.campaigns) == 1
    assert app.counted == [{"CampaignsCreated": 1}]


def test_a_repeat_answers_the_same_also_when_the_planned_time_has_passed(app: HttpApp) -> None:
    body, headers = CAMPAIGN | {"schedule": {"at": in_hours(1)}}, {"idempotency-key": "evening-7"}
    first = app.ask("POST /campaigns", body, headers=headers)
    app.now += 2 * 60 * 60 * 1000
    second = app.ask("POST /campaigns", body, headers=headers)
    assert (second.status, second.json) == (201, first.json)


def test_a_repeat_answers_the_same_with_all_of_a_long_audience(app: HttpApp) -> None:
    headers = {"idempotency-key": "evening-7"}
    first = app.ask("POST /campaigns", named(*MANY), headers=headers)
    assert app.ask("POST /campaigns", named(*MANY), headers=headers).json == first.json
    assert first.json["audience"]["openids"] == MANY


def test_the_same_key_with_another_campaign_is_422(app: HttpApp) -> None:
    headers = {"idempotency-key": "evening-7"}
    app.ask("POST /campaigns", CAMPAIGN, headers=headers)
    assert app.ask("POST /campaigns", CAMPAIGN | {"name": "Other"}, headers=headers).status == 422


@pytest.mark.parametrize(
    "unfit",
    [
        {"schedule": {"at": "2020-01-01T00:00:00Z"}},
        {"message": {"type": "subscribe", "template_id": "T1", "data": {}}},
    ],
)
def test_a_key_that_brought_a_refusal_serves_the_mended_campaign(app: HttpApp, unfit: dict[str, Any]) -> None:
    headers = {"idempotency-key": "evening-7"}
    assert app.ask("POST /campaigns", CAMPAIGN | unfit, headers=headers).status == 422
    first = app.ask("POST /campaigns", CAMPAIGN, headers=headers)
    assert (first.status, len(app.campaigns.campaigns)) == (201, 1)
    assert app.ask("POST /campaigns", CAMPAIGN, headers=headers).json == first.json


def test_a_making_that_died_goes_on_in_the_same_campaign(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("out of reach")

    headers = {"idempotency-key": "evening-7"}
    with monkeypatch.context() as broken:
        broken.setattr(app.queue, "put", fail)
        assert app.ask("POST /campaigns", CAMPAIGN, headers=headers).status == 503
    answer = app.ask("POST /campaigns", CAMPAIGN, headers=headers)
    assert (answer.status, [answer.json["id"]]) == (201, [*app.campaigns.campaigns])
    assert sorted(number for _, number, _ in app.queue.messages) == list(range(SEGMENTS))


def test_without_a_key_each_request_makes_a_campaign(app: HttpApp) -> None:
    assert made(app) != made(app)


def test_one_named_twice_is_named_once(app: HttpApp) -> None:
    told = app.ask("POST /campaigns", named("b", "a", "b", "no openid", "")).json
    assert told["audience"]["openids"] == ["b", "a", "no openid", ""]


def test_ten_thousand_openids_are_taken_in_well_under_a_second(app: HttpApp) -> None:
    body = named(*(f"oAbC-{n:023}" for n in range(10_000)))
    app.ask("POST /campaigns", CAMPAIGN)  # what is only built once is not counted
    started = time.process_time()
    answer = app.ask("POST /campaigns", body)
    assert time.process_time() - started < 0.7
    assert answer.json["progress"]["segments"] == 20


# ---- what is wrong


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"name": None}, ["/name"]),
        ({"message": None}, ["/message"]),
        ({"message": {}}, ["/message/type", "/message/template_id"]),
        ({"message": MESSAGE | {"type": "sms"}}, ["/message/type"]),
        ({"message": MESSAGE | {"touser": "anna"}}, ["/message/touser"]),
        ({"message": MESSAGE | {"essential": True}}, ["/message/essential"]),
        ({"message": MESSAGE | {"essential": False}}, ["/message/essential"]),
        ({"message": MESSAGE | {"data": {}}}, ["/message"]),
        ({"message": MESSAGE | {"keywords": ["好" * 2000] * 3}}, ["/message"]),
        ({"message": MESSAGE | {"text": "x"}}, ["/message/text"]),
        ({"audience": None}, ["/audience"]),
        ({"audience": "all"}, ["/audience"]),
        ({"audience": {}}, ["/audience"]),
        ({"audience": {"type": "everybody"}}, ["/audience"]),
        ({"audience": {"type": "all", "tag": "vip"}}, ["/audience/tag"]),
        ({"audience": {"type": "openids"}}, ["/audience/openids"]),
        ({"audience": {"type": "openids", "openids": []}}, ["/audience/openids"]),
        ({"audience": {"type": "openids", "openids": "anna"}}, ["/audience/openids"]),
        ({"audience": {"type": "openids", "openids": [*MANY, "one"]}}, ["/audience/openids"]),
        ({"audience": {"type": "openids", "openids": ["a", 5, "x" * 129]}}, ["/audience/openids/1", "/audience/openids/2"]),
        ({"audience": {"type": "openids", "count": 3}}, ["/audience/count", "/audience/openids"]),
        ({"audience": {"type": "tag"}}, ["/audience/tag"]),
        ({"audience": {"type": "tag", "tag": ""}}, ["/audience/tag"]),
        ({"audience": {"type": "tag", "tag": "a\nb"}}, ["/audience/tag"]),
        ({"audience": {"type": "expiring"}}, ["/audience/within_hours"]),
        ({"audience": {"type": "expiring", "within_hours": 0}}, ["/audience/within_hours"]),
        ({"audience": {"type": "expiring", "within_hours": 169}}, ["/audience/within_hours"]),
        ({"audience": {"type": "expiring", "within_hours": 1.5}}, ["/audience/within_hours"]),
        ({"audience": {"type": "expiring", "within_hours": "24"}}, ["/audience/within_hours"]),
        ({"schedule": {}}, ["/schedule/at"]),
        ({"schedule": {"at": None}}, ["/schedule/at"]),
        ({"schedule": {"at": 1795161600000}}, ["/schedule/at"]),
        ({"schedule": {"at": "tomorrow"}}, ["/schedule/at"]),
        ({"schedule": {"at": "2099-13-01T00:00:00Z"}}, ["/schedule/at"]),
        ({"schedule": {"at": "2026-11-27T24:01:00Z"}}, ["/schedule/at"]),
        ({"schedule": {"at": "2026-11-27T25:00:00Z"}}, ["/schedule/at"]),
        ({"schedule": {"at": "9999-12-31T24:00:00Z"}}, ["/schedule/at"]),
        ({"schedule": {"at": "2026-11-27T20:00:00"}}, ["/schedule/at"]),
        ({"schedule": {"at": "2026-11-27"}}, ["/schedule/at"]),
        ({"schedule": {"at": in_hours(-1)}}, ["/schedule/at"]),
        ({"schedule": {"at": in_hours(367 * 24)}}, ["/schedule/at"]),
        ({"schedule": {"at": "0001-01-01T00:00:00+23:59"}}, ["/schedule/at"]),
        ({"schedule": {"at": "9999-12-31T23:59:59-23:59"}}, ["/schedule/at"]),
        ({"max_per_second": 0}, ["/max_per_second"]),
        ({"max_per_second": 100_001}, ["/max_per_second"]),
        ({"max_per_second": "10"}, ["/max_per_second"]),
        ({"max_per_second": 0.5}, ["/max_per_second"]),
        ({"max_per_second": True}, ["/max_per_second"]),
        ({"frequency_cap": {"messages": 0, "hours": 0}}, ["/frequency_cap/messages", "/frequency_cap/hours"]),
        ({"frequency_cap": {"messages": 101, "hours": 169}}, ["/frequency_cap/messages", "/frequency_cap/hours"]),
        ({"frequency_cap": {"messages": 1}}, ["/frequency_cap/hours"]),
        ({"dry_run": "yes"}, ["/dry_run"]),
        ({"dryrun": True}, ["/dryrun"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_campaign_is_checked(app: HttpApp, dry_run: bool, change: Any, pointers: list[str]) -> None:
    answer = app.ask("POST /campaigns", CAMPAIGN | {"dry_run": dry_run} | change)
    assert answer.status == 422
    assert answer.pointers == pointers
    assert answer.is_a_problem()
    assert app.campaigns.campaigns == {}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "晚" * 200},
        {"max_per_second": 1},
        {"max_per_second": 100_000.0},
        {"frequency_cap": {"messages": 100, "hours": 168}},
        {"audience": {"type": "expiring", "within_hours": 168}},
        {"audience": {"type": "tag", "tag": "貴賓"}},
        {"audience": {"type": "openids", "openids": MANY}},
        {"schedule": {"at": in_hours(365 * 24)}},
        {"schedule": None, "max_per_second": None, "frequency_cap": None},
    ],
)
def test_the_limits_themselves_are_good(app: HttpApp, change: Any) -> None:
    assert app.ask("POST /campaigns", CAMPAIGN | change).status == 201


def test_why_no_campaign_is_essential_is_said(app: HttpApp) -> None:
    answer = app.ask("POST /campaigns", CAMPAIGN | {"message": MESSAGE | {"essential": True}})
    assert "POST /messages" in answer.json["errors"][0]["detail"]


# ---- dry runs


def test_a_dry_run_tells_and_leaves_nothing(app: HttpApp) -> None:
    app.ask("POST /users/{openid}/permits", {"form_ids": [{"form_id": "f1"}, {"form_id": "f2"}]})
    app.counted.clear()
    body = named("anna", "bo", "no openid") | {"dry_run": True, "max_per_second": 2}
    answer = app.ask("POST /campaigns", body, headers={"idempotency-key": "one"})
    assert answer.status == 200
    cost = answer.json.pop("cost_usd")
    told = {name: value for name, value in answer.json.items() if name != "cost_usd"}
    assert told == {
        "recipients": 1,
        "permits": 2,
        "left_out": {"no_permit": 1, "invalid_openid": 1},
        "reachable_now": 1,
        "permits_gone": 0,
        "max_per_second": 2,
        "seconds": 0.5,
        "estimated": False,
        "warnings": ["no_text_check", "retired_interface"],
    }
    assert 0 < cost < 0.01
    assert (app.campaigns.campaigns, app.queue.messages, app.counted) == ({}, [], [])


def test_a_dry_run_tells_the_quota_of_the_message_s_type(app: HttpApp) -> None:
    app.quotas = {"template": DailyQuota(limit=100, used=7, remain=93)}
    answer = app.ask("POST /campaigns", named("anna") | {"dry_run": True})
    assert answer.json["quota"] == {"daily_limit": 100, "used": 7, "remain": 93}


def test_a_key_that_a_dry_run_came_with_is_still_free(app: HttpApp) -> None:
    headers = {"idempotency-key": "one"}
    assert app.ask("POST /campaigns", CAMPAIGN | {"dry_run": True}, headers=headers).status == 200
    assert app.ask("POST /campaigns", CAMPAIGN, headers=headers).status == 201


# ---- reading


def test_a_campaign_is_read_with_its_counts_and_its_end(app: HttpApp) -> None:
    id_ = made(app, named("a", "b", "c"))
    settle(
        app,
        id_,
        [
            Outcome("a", Status.SENT),
            Outcome("b", Status.SKIPPED, Reason.NO_PERMIT),
            Outcome("c", Status.FAILED, Reason.REFUSED, 43101),
        ],
    )
    app.campaigns.step(id_, frozenset({CampaignStatus.RUNNING}), CampaignStatus.COMPLETED, NOW + 1)
    told = app.ask("GET /campaigns/{campaign_id}", campaign_id=id_).json
    assert told["status"] == "completed"
    assert told["counts"] == {"sent": 1, "failed": 1, "skipped": 1, "unknown": 0,
                              "by_reason": {"no_permit": 1, "refused": 1}}  # fmt: skip
    assert told["progress"].items() >= {"segments": 1, "segments_done": 1}.items()
    assert told["finished_at"] is not None
    assert "reason" not in told


def test_why_it_paused_by_itself_is_told(app: HttpApp) -> None:
    id_ = made(app)
    running = frozenset({CampaignStatus.RUNNING})
    app.campaigns.step(
        id_, running, CampaignStatus.PAUSED, NOW, Cause(Reason.QUOTA, 45009, "no quota", "r-1")
    )
    told = app.ask("GET /campaigns/{campaign_id}", campaign_id=id_).json
    assert (told["status"], told["reason"], told["errcode"]) == ("paused", "quota", 45009)
    assert (told["errmsg"], told["rid"]) == ("no quota", "r-1")


def test_a_long_audience_is_whole_by_itself_and_counted_in_lists(app: HttpApp) -> None:
    id_ = made(app, named(*MANY))
    assert app.ask("GET /campaigns/{campaign_id}", campaign_id=id_).json["audience"]["openids"] == MANY
    [listed] = app.ask("GET /campaigns").json["items"]
    assert listed["audience"] == {"type": "openids", "count": 10_000}


def test_an_audience_of_a_hundred_is_whole_in_lists(app: HttpApp) -> None:
    made(app, named(*MANY[:100]))
    [listed] = app.ask("GET /campaigns").json["items"]
    assert listed["audience"] == {"type": "openids", "openids": MANY[:100]}


def test_campaigns_are_listed_the_newest_first_page_by_page(app: HttpApp) -> None:
    ids = []
    for _ in range(5):
        app.now += 1
        ids.append(made(app))
    listed, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = app.ask("GET /campaigns", query=query).json
        listed += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert listed == ids[::-1]


def test_there_may_be_no_campaigns(app: HttpApp) -> None:
    assert app.ask("GET /campaigns").json == {"items": [], "next_cursor": None}


def test_campaigns_of_one_status_are_listed(app: HttpApp) -> None:
    paused, running = made(app), made(app)
    app.ask("POST /campaigns/{campaign_id}/pause", campaign_id=paused)
    for status, expected in (("paused", [paused]), ("running", [running]), ("failed", [])):
        items = app.ask("GET /campaigns", query={"status": status}).json["items"]
        assert [campaign["id"] for campaign in items] == expected


def test_a_status_that_is_none_is_422(app: HttpApp) -> None:
    answer = app.ask("GET /campaigns", query={"status": "asleep"})
    assert (answer.status, answer.pointers) == (422, ["/status"])


@pytest.mark.parametrize("route", ["GET /campaigns", "GET /campaigns/{campaign_id}/recipients"])
@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ({"limit": "0"}, ["/limit"]),
        ({"limit": "1001"}, ["/limit"]),
        ({"limit": "ten"}, ["/limit"]),
        ({"limit": "1,2"}, ["/limit"]),
        ({"cursor": "!"}, ["/cursor"]),
        ({"cursor": "é"}, ["/cursor"]),
        ({"cursor": "bm9wZQ"}, ["/cursor"]),
        ({"cursor": "x" * 513}, ["/cursor"]),
    ],
)
def test_what_a_list_is_asked_for_is_checked(
    app: HttpApp, route: str, query: dict[str, str], pointers: list[str]
) -> None:
    answer = app.ask(route, campaign_id=made(app), query=query)
    assert answer.status == 422
    assert answer.pointers == pointers


# ---- who got what


def test_recipients_are_told_page_by_page(app: HttpApp) -> None:
    id_ = made(app)
    refused = Outcome("b", Status.FAILED, Reason.REFUSED, 43101, errmsg="user refuses", rid="r-1")
    outcomes = [Outcome("a", Status.SENT), refused]
    settle(app, id_, outcomes)
    first = app.ask("GET /campaigns/{campaign_id}/recipients", campaign_id=id_, query={"limit": "1"}).json
    assert [set(item) for item in first["items"]] == [{"openid", "status", "at"}]
    query = {"cursor": first["next_cursor"]}
    second = app.ask("GET /campaigns/{campaign_id}/recipients", campaign_id=id_, query=query).json
    [item] = second["items"]
    assert item.pop("at").endswith("Z")
    assert item == {
        "openid": "b",
        "status": "failed",
        "reason": "refused",
        "errcode": 43101,
        "errmsg": "user refuses",
        "rid": "r-1",
    }
    assert second["next_cursor"] is None


def test_a_hundred_recipients_are_told_unless_more_are_asked_for(app: HttpApp) -> None:
    id_ = made(app)
    settle(app, id_, [Outcome(openid, Status.SENT) for openid in MANY[:1500]])
    route = "GET /campaigns/{campaign_id}/recipients"
    assert len(app.ask(route, campaign_id=id_).json["items"]) == 100
    assert len(app.ask(route, campaign_id=id_, query={"limit": "1000"}).json["items"]) == 1000


def test_recipients_of_one_status_are_listed(app: HttpApp) -> None:
    id_ = made(app)
    refused = Outcome("bo", Status.FAILED, Reason.REFUSED, 43101)
    settle(app, id_, [Outcome("anna", Status.SENT), refused, Outcome("cy", Status.SENT)])
    route = "GET /campaigns/{campaign_id}/recipients"
    for status, openids in (("sent", ["anna", "cy"]), ("failed", ["bo"]), ("unknown", [])):
        items = app.ask(route, campaign_id=id_, query={"status": status}).json["items"]
        assert [entry["openid"] for entry in items] == openids


def test_one_recipient_is_told_as_in_the_list(app: HttpApp) -> None:
    id_ = made(app)
    settle(app, id_, [Outcome("bo", Status.FAILED, Reason.REFUSED, 43101, errmsg="refuse", rid="r")])
    [listed] = app.ask("GET /campaigns/{campaign_id}/recipients", campaign_id=id_).json["items"]
    route = "GET /campaigns/{campaign_id}/recipients/{openid}"
    assert app.ask(route, campaign_id=id_, openid="bo").json == listed


def test_a_user_of_whom_the_report_says_nothing_is_explained(app: HttpApp) -> None:
    route = "GET /campaigns/{campaign_id}/recipients/{openid}"
    told = app.ask(route, campaign_id=made(app), openid="bo").json
    assert told == {"openid": "bo", "status": "not_in_audience", "reason": "no_permit"}
    told = app.ask(route, campaign_id=made(app, named("anna")), openid="bo").json
    assert told == {"openid": "bo", "status": "not_in_audience", "reason": "not_named"}
    told = app.ask(route, campaign_id=made(app, named("anna")), openid="anna").json
    assert told == {"openid": "anna", "status": "waiting"}


def test_what_a_user_got_is_told_the_newest_first(app: HttpApp) -> None:
    permits = [{"form_id": "f1"}, {"form_id": "f2"}, {"form_id": "f3"}, {"form_id": "f4"}]
    app.ask("POST /users/{openid}/permits", {"form_ids": permits})
    held = app.store.read("anna").permits
    day = 24 * 60 * 60 * 1000
    for permit, holder, at in zip(
        held, ["old/1", "direct/1", "c-1/1", "dead/1"], [-8, -6, -1, 0], strict=True
    ):
        app.runner.run(app.store.claim("anna", permit, holder, NOW + at * day))
    app.runner.run(app.store.invalidate("anna", held[3], "dead/1", 41028))
    messages = app.ask("GET /users/{openid}").json["messages"]
    assert [(message["campaign_id"], message["permit_kind"]) for message in messages] == [("c-1", "form"), (None, "form")]  # fmt: skip
    assert messages[0]["at"] > messages[1]["at"]


# ---- control


@pytest.mark.parametrize(
    ("done", "allowed"),
    [
        ([], {"pause": "paused", "cancel": "cancelled"}),
        (["pause"], {"resume": "running", "cancel": "cancelled"}),
        (["cancel"], {}),
    ],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_goes_where_the_status_allows_it(
    app: HttpApp, done: list[str], allowed: dict[str, str], step: str
) -> None:
    id_ = made(app)
    for earlier in done:
        app.ask(f"POST /campaigns/{{campaign_id}}/{earlier}", campaign_id=id_)
    before = app.ask("GET /campaigns/{campaign_id}", campaign_id=id_).json["status"]
    answer = app.ask(f"POST /campaigns/{{campaign_id}}/{step}", campaign_id=id_)
    if step in allowed:
        assert (answer.status, answer.json["status"]) == (200, allowed[step])
    else:
        assert answer.status == 409
        assert answer.is_a_problem()
        assert before in answer.json["detail"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("body", [None, "", "{}"])
def test_a_step_needs_no_body(app: HttpApp, step: str, body: str | None) -> None:
    id_ = made(app)
    if step == "resume":
        app.ask("POST /campaigns/{campaign_id}/pause", campaign_id=id_)
    assert app.ask(f"POST /campaigns/{{campaign_id}}/{step}", body, campaign_id=id_).status == 200


def test_a_cancelled_plan_has_no_schedule_left(app: HttpApp) -> None:
    id_ = made(app, CAMPAIGN | {"schedule": {"at": in_hours(2)}})
    assert app.ask("POST /campaigns/{campaign_id}/cancel", campaign_id=id_).json["status"] == "cancelled"
    assert app.schedules.due == {}


def test_a_step_answers_with_all_of_a_long_audience(app: HttpApp) -> None:
    id_ = made(app, named(*MANY))
    told = app.ask("POST /campaigns/{campaign_id}/pause", campaign_id=id_).json
    assert told["audience"]["openids"] == MANY


@pytest.mark.parametrize(
    "route",
    [
        "GET /campaigns/{campaign_id}",
        "PATCH /campaigns/{campaign_id}",
        "GET /campaigns/{campaign_id}/events",
        "GET /campaigns/{campaign_id}/timeline",
        "GET /campaigns/{campaign_id}/recipients",
        "GET /campaigns/{campaign_id}/recipients/{openid}",
        *(f"POST /campaigns/{{campaign_id}}/{step}" for step in STEPS),
    ],
)
@pytest.mark.parametrize(
    "campaign_id", ["c-0f3bd2a0c6e74cb1a3e9a5d7c8e21b64", "anna", "a b", "鍵", "x" * 3000]
)
def test_an_unknown_campaign_is_404(app: HttpApp, route: str, campaign_id: str) -> None:
    answer = app.ask(route, {} if "PATCH" in route else None, campaign_id=campaign_id)
    assert answer.status == 404
    assert answer.is_a_problem()


@pytest.mark.parametrize(
    ("route", "known"),
    [
        ("GET /campaigns", "cursor, limit, status"),
        ("GET /campaigns/{campaign_id}/recipients", "cursor, limit, status"),
    ],
)
@pytest.mark.parametrize("name", ["limt", "Limit", ""])
def test_a_list_takes_no_query_that_it_does_not_know(app: HttpApp, route: str, known: str, name: str) -> None:
    answer = app.ask(route, campaign_id=made(app), query={name: "5"})
    assert answer.status == 422
    assert answer.json["detail"].startswith(f"The query takes {known}, not ")
