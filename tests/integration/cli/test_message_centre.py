"""The commands for the message centre: what they ask minipush, and what they print."""

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.command_line import CommandLine, Ran, on_a_terminal
from support.unreliable_api import Lost, Reply, Request, serving

KEY, SECRET = "mp_operator", "mpa_" + "s" * 40
AT = "2026-11-21T11:00:00.250Z"
APP: dict[str, Any] = {
    "appid": "wx5e1f", "name": "某某商城", "icon_url": "", "summary": "订单通知", "status": "strong_off",
    "contact": "ops@shop.example", "owner_openid": None, "registered_at": AT,
    "limits": {"per_second": 10, "to_user_per_hour": 60, "to_user_per_day": 200, "broadcasts_per_day": 1000},
}  # fmt: skip
LINE = {"at": AT, "by": "anna", "act": "sanctioned", "kind": "strong_off", "until": AT, "rule": "points_3"}
SANCTION = {
    "id": "s-1", "appid": "wx5e1f", "kind": "ban", "at": AT, "until": None, "rule": "points_12", "note": "fraud",
    "by": "anna",
}  # fmt: skip
COMPLAINT: dict[str, Any] = {
    "id": "x-1", "appid": "wx5e1f", "message_id": "m", "category": "advert", "text": "每天都是", "at": AT,
    "status": "open", "user": "u",
    "message": {
        "title": "大奖", "body": "点这里", "markdown": "**点**", "url": "https://a.example/", "page": "pages/prize", "copy": "6222 0000",
    },
}  # fmt: skip
APPEAL = {"id": "s-1", "status": "open", "text": "这不是我们发的", "at": AT, "sanction": SANCTION}
CHANNEL: dict[str, Any] = {
    "kind": "bark", "breaker": "open", "paused": False, "open_hosts": ["api.day.app"],
    "last_minute": {"tries": 40, "unavailable": 31}, "queued": 1200, "delayed": 7, "dead_letters": 3,
    "last_refusal": {"at": AT, "detail": "418: this is no Bark server"},
}  # fmt: skip


def page(*items: Any) -> dict[str, Any]:
    return {"items": [*items], "next_cursor": None}


ANSWERS: dict[str, Any] = {
    "GET /centre/apps": page(APP),
    "GET /centre/apps/wx5e1f": APP,
    "PATCH /centre/apps/wx5e1f": APP | {"limits": {"per_second": 5}},
    "GET /centre/apps/wx5e1f/record": page(LINE),
    "POST /centre/apps": {"secret": SECRET},
    "POST /centre/app/secret": {"secret": SECRET},
    "POST /centre/apps/wx5e1f/secret": {"secret": SECRET},
    "GET /centre/channels": page(CHANNEL),
    "POST /centre/channels/bark/pause": {**CHANNEL, "paused": True},
    "POST /centre/channels/bark/resume": CHANNEL,
    "GET /centre/complaints": page(COMPLAINT),
    "POST /centre/complaints/x-1/decision": {
        **COMPLAINT,
        "status": "upheld",
        "points": 12,
        "sanction": SANCTION,
    },
    "GET /centre/appeals": page(APPEAL),
    "POST /centre/appeals/s-1/decision": {**APPEAL, "status": "rejected"},
    "POST /centre/apps/wx5e1f/sanctions": SANCTION,
    "POST /centre/sanctions/s-1/lift": {**SANCTION, "lifted": {"by": "bo", "at": AT, "note": "mended"}},
}


class Run:
    """Runs a command against the answers above. `requests`: what minipush was asked."""

    def __init__(self, answer: Callable[[Request], Reply | Lost] | None = None) -> None:
        self._answer = answer or (lambda request: Reply(200, copy.deepcopy(ANSWERS[request.route])))
        self.requests: list[Request] = []

    def __call__(self, words: str, stdin: str = "") -> Ran:
        with serving(self._answer) as api:
            ran = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY})(*words.split(), stdin=stdin)
        self.requests += api.requests
        return ran


LISTS = [
    ("apps list", ["wx5e1f", "某某商城", "strong_off", "ops@shop.example"]),
    ("apps show wx5e1f", ["订单通知", "sanctioned", "points_3", "anna", "broadcasts per day", "1,000"]),
    ("channels list", ["bark", "open", "40", "31", "1,200", "7", "3", "api.day.app", "no Bark server"]),
    (
        "complaints list",
        [
            "x-1",
            "advert",
            "每天都是",
            "大奖",
            "点这里",
            "**点**",
            "https://a.example/",
            "pages/prize",
            "6222 0000",
        ],
    ),
    ("appeals list", ["s-1", "ban for good (points_12)", "anna", "fraud", "这不是我们发的"]),
]


@pytest.mark.parametrize(("words", "shown"), LISTS, ids=[words for words, _ in LISTS])
def test_a_list_shows_what_an_operator_decides_by(words: str, shown: list[str]) -> None:
    ran = Run()(words)
    assert (ran.status, ran.err) == (0, "")
    assert [text for text in shown if text not in ran.out] == []


@pytest.mark.parametrize("words", ["apps list", "channels list", "complaints list", "appeals list"])
def test_json_is_as_the_api_gives_it(words: str) -> None:
    route = f"GET /centre/{words.split(maxsplit=1)[0]}"
    assert Run()(f"-o json {words}").json == ANSWERS[route]


def test_an_app_is_shown_with_its_points_and_the_sanctions_in_force() -> None:
    ban = {"id": "s-1", "kind": "ban", "until": None, "rule": "points_12", "at": AT}
    over = ban | {"kind": "strong_off", "until": AT}
    standing = {
        "points": [{"points": 3, "expires_at": AT}, {"points": 6, "expires_at": AT}],
        "sanctions": [ban, over],
    }

    def answer(request: Request) -> Reply:
        return Reply(200, page() if "record" in request.path else APP | standing)

    ran = Run(answer)("apps show wx5e1f")
    assert [line.split()[1] for line in ran.out.splitlines() if line.startswith("points")] == ["9,"]
    assert "ban for good (points_12)" in ran.out
    assert "strong_off until" not in ran.out
    assert "s-1: ban" in ran.out


def test_a_record_that_is_longer_than_what_is_shown_is_said_to_be() -> None:
    def answer(request: Request) -> Reply:
        more = {"items": [LINE], "next_cursor": "c2"}
        return Reply(200, more if "record" in request.path else APP)

    run = Run(answer)
    assert "--record-lines" in run("apps show wx5e1f --record-lines 1").err
    assert run("-o json apps show wx5e1f --record-lines 1").json["record_next_cursor"] == "c2"


def test_who_may_not_moderate_sees_an_app_without_its_record() -> None:
    def answer(request: Request) -> Reply:
        return Reply(403, {"detail": "scope"}) if "record" in request.path else Reply(200, APP)

    ran = Run(answer)("apps show wx5e1f")
    assert ran.status == 0
    assert "某某商城" in ran.out
    assert "scope moderate" in ran.err


def test_a_registered_app_gets_its_secret_once() -> None:
    run = Run()
    ran = run("apps register wx5e1f --name 某某商城 --owner-openid o-owner")
    assert (ran.out, run.requests[0].json) == (
        f"{SECRET}\n",
        {"appid": "wx5e1f", "name": "某某商城", "owner_openid": "o-owner"},
    )
    assert "cannot be read again" in ran.err


def test_the_limits_that_are_not_named_stay() -> None:
    run = Run()
    ran = run("apps limit wx5e1f --per-second 5 --broadcasts-per-day 0")
    assert [request.route for request in run.requests] == ["PATCH /centre/apps/wx5e1f"]
    assert run.requests[0].json == {"limits": {"per_second": 5, "broadcasts_per_day": 0}}
    assert ran.out.split() == ["per", "second", "5"]


def test_a_change_of_no_limit_asks_nothing() -> None:
    run = Run()
    ran = run("apps limit wx5e1f")
    assert (ran.status, run.requests) == (2, [])
    assert "--broadcasts-per-day" in ran.err


def test_what_is_named_of_an_app_changes() -> None:
    run = Run()
    ran = run("apps change wx5e1f --contact a@shop.example --name 新名")
    assert run.requests[0].json == {"contact": "a@shop.example", "name": "新名"}
    assert "某某商城" in ran.out
    assert Run()("apps change wx5e1f").status == 2


def test_an_app_may_lose_its_owner() -> None:
    run = Run()
    run("apps change wx5e1f --owner-openid=")
    assert run.requests[0].json == {"owner_openid": None}


def test_a_known_app_is_not_registered_again() -> None:
    known = Reply(
        409, {"type": "https://docs.example/errors.md#app-exists", "detail": "Change it with PATCH."}
    )
    ran = Run(lambda _: known)("apps register wx5e1f --name 某某商城")
    assert ran.status == 5
    assert "minipush apps change wx5e1f" in ran.err
    assert "PATCH" not in ran.err


@pytest.mark.parametrize("answer", [Lost(), Reply(502, {"message": "Internal Server Error"})])
@pytest.mark.parametrize(
    ("words", "look"),
    [
        ("apps secret wx5e1f", "ends the one in use"),
        ("apps register wx5e1f --name n", "minipush apps show wx5e1f"),
        ("sanctions add wx5e1f ban --rule flood --note many --yes", "minipush apps show wx5e1f"),
    ],
)
def test_what_may_have_taken_effect_is_looked_at_before_a_repeat(
    words: str, look: str, answer: Reply | Lost
) -> None:
    ran = Run(lambda _: answer)(words)
    assert ran.status == 6
    assert look in ran.err


def test_what_was_refused_may_be_repeated() -> None:
    assert (
        "took effect" not in Run(lambda _: Reply(422, {"detail": "no"}))("apps register wx5e1f --name n").err
    )


def test_a_further_secret_is_had_with_the_present_one_alone() -> None:
    run = Run()
    ran = run("apps secret", stdin="mpa_present\n")
    assert ran.out == f"{SECRET}\n"
    assert [request.headers["Authorization"] for request in run.requests] == ["Bearer mpa_present"]
    assert "mpa_present" not in ran.out + ran.err


def test_an_operator_gets_a_further_secret_of_an_app_that_lost_its_own() -> None:
    run = Run()
    ran = run("apps secret wx5e1f")
    assert ran.out == f"{SECRET}\n"
    assert [request.headers["Authorization"] for request in run.requests] == [f"Bearer {KEY}"]


def test_complaints_that_wait_are_listed_unless_others_are_asked_for() -> None:
    run = Run()
    run("complaints list")
    run("appeals list --status all --limit 5")
    assert [request.path for request in run.requests] == [
        "/centre/complaints?status=open&limit=20",
        "/centre/appeals?limit=5",
    ]


def listed(request: Request) -> Reply:
    """Seven complaints, as many at a time as are asked for."""
    query = parse_qs(urlsplit(request.path).query)
    start, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
    items = [{**COMPLAINT, "id": f"x-{number}"} for number in range(start, min(start + limit, 7))]
    return Reply(200, {"items": items, "next_cursor": str(start + limit) if start + limit < 7 else None})


def test_a_list_that_goes_on_says_so() -> None:
    assert "--cursor 5" in Run(listed)("complaints list --limit 5").err
    assert Run(listed)("complaints list --limit 7").err == ""


def test_the_cursor_of_a_list_goes_on_where_it_ended() -> None:
    page = Run(listed)("-o json complaints list --limit 5").json
    assert (len(page["items"]), page["next_cursor"]) == (5, "5")
    rest = Run(listed)("-o json complaints list --limit 5 --cursor 5").json
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == (["x-5", "x-6"], None)


def test_a_limit_beyond_a_page_ends_where_a_page_does() -> None:
    run = Run(lambda _: Reply(200, {"items": [COMPLAINT] * 100, "next_cursor": "c"}))
    run("complaints list --limit 150 --status all")
    assert [request.path for request in run.requests] == [
        "/centre/complaints?limit=100",
        "/centre/complaints?limit=50&cursor=c",
    ]


def test_an_id_is_not_broken_on_a_terminal_of_80_columns() -> None:
    id_ = "0rnvmkbbt4k6rfjg8e4a-wx5e1f0000c0ffee02"
    with serving(lambda _: Reply(200, page({**COMPLAINT, "id": id_, "text": "很" * 200}))) as api:
        _, shown = on_a_terminal(
            CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY}), ["complaints", "list"], {}
        )
    assert id_ in shown


def test_a_decision_says_what_follows() -> None:
    run = Run()
    ran = run("complaints decide x-1 upheld --category fraud --note prize")
    assert run.requests[0].json == {"verdict": "upheld", "category": "fraud", "note": "prize"}
    assert all(text in ran.out for text in ("upheld", "12", "ban", "for good", "s-1"))
    assert "Another operator key" in ran.err


def test_a_decision_needs_a_reason() -> None:
    assert Run()("complaints decide x-1 upheld").status == 2
    assert Run()("appeals decide s-1 upheld").status == 2
    assert Run()("sanctions lift s-1").status == 2


def test_what_another_operator_decided_first_is_said() -> None:
    late = Reply(409, {"type": "https://docs.example/errors.md#already-decided", "detail": "It is decided."})
    ran = Run(lambda _: late)("appeals decide s-1 rejected --note seen")
    assert (ran.status, ran.out) == (5, "")
    assert "It is decided." in ran.err


def test_an_appeal_that_is_rejected_leaves_the_sanction() -> None:
    run = Run()
    ran = run("appeals decide s-1 rejected --note seen")
    assert run.requests[0].json == {"verdict": "rejected", "note": "seen"}
    assert "rejected" in ran.out
    assert "for good" in ran.out
    assert "this is final" in ran.err
    assert "may appeal" not in ran.err


def test_an_appeal_that_is_upheld_ends_the_sanction() -> None:
    ran = Run(lambda _: Reply(200, {**APPEAL, "status": "upheld"}))("appeals decide s-1 upheld --note stolen")
    assert "has ended" in ran.err
    assert "may appeal" not in ran.err
    assert "for good" not in ran.out


def test_a_sanction_needs_a_yes() -> None:
    run = Run()
    refused = run("sanctions add wx5e1f ban --rule flood --note many")
    assert (refused.status, run.requests) == (2, [])
    added = run(f"sanctions add wx5e1f ban --until {AT} --rule flood --note many --yes")
    assert added.status == 0
    assert run.requests[0].json == {"kind": "ban", "until": AT, "rule": "flood", "note": "many"}


def test_a_lifted_sanction_says_who_lifted_it() -> None:
    ran = Run()("sanctions lift s-1 --note mended")
    assert "by bo" in ran.out
    assert "appeal" not in ran.err


def test_a_paused_channel_is_shown_as_paused() -> None:
    assert "paused" in Run()("channels pause bark").out
    assert "open" in Run()("channels resume bark").out


def test_dead_letters_are_moved_until_none_is_left() -> None:
    counts = iter([(200, 31), (31, 0)])

    def answer(_: Request) -> Reply:
        moved, left = next(counts)
        return Reply(200, {"moved": moved, "left": left})

    run = Run(answer)
    assert run("channels redrive email").out == "231 moved\n"
    assert [request.route for request in run.requests] == ["POST /centre/channels/email/redrive"] * 2


def test_dead_letters_that_do_not_move_are_not_asked_for_for_ever() -> None:
    run = Run(lambda _: Reply(200, {"moved": 0, "left": 5}))
    ran = run("channels redrive email")
    assert (ran.status, len(run.requests)) == (0, 1)
    assert "look again" in ran.err


def test_an_unknown_channel_asks_nobody() -> None:
    run = Run()
    assert (run("channels pause fax").status, run.requests) == (2, [])


def test_a_name_of_an_app_is_no_path() -> None:
    run = Run(lambda _: Reply(404, {"detail": "There is no such app."}))
    assert run("apps show ../../sending").status == 4
    assert run.requests[0].path == "/centre/apps/..%2F..%2Fsending"


def test_what_an_app_says_does_not_control_the_terminal() -> None:
    appeal = {**APPEAL, "text": "\x1b[2Jsorry"}
    ran = Run(lambda _: Reply(200, page(appeal)))("appeals list")
    assert "sorry" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("errcode", "said", "asked"), [(None, "level none", 2), (43101, "accept it again", 1)]
)
def test_who_wants_nothing_from_an_app_is_not_asked_to_accept(
    errcode: int | None, said: str, asked: int
) -> None:
    recipient = {"openid": "anna", "status": "skipped", "reason": "refused", "errcode": errcode}
    campaign = {"audience": {"type": "app", "appid": "wx5e1f"}, "message": {"type": "broadcast"}}
    run = Run(lambda request: Reply(200, recipient if "recipients" in request.path else campaign))
    assert said in run("users why anna c-1").out
    assert len(run.requests) == asked


def test_the_question_before_a_notice_says_how_long_it_lasts() -> None:
    with serving(lambda _: Reply(201, SANCTION)) as api:
        minipush = CommandLine({"MINIPUSH_URL": api.url, "MINIPUSH_KEY": KEY})
        words = ["sanctions", "add", "wx5e1f", "notice", "--rule", "flood", "--note", "many"]
        _, shown = on_a_terminal(minipush, words, {"[y/N]": "n\n"})
    assert "notice for wx5e1f for 180 days?" in shown
