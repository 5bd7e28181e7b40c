"""Campaigns whose text WeChat is to check first."""

from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.errors import StoreError
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import ConnectError, RefusedError
from minipush.wechat.text_check import Suggestion, TextVerdict

MESSAGE = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "茶"}}}
CHECKED = {"openid": "o-editor"}
CAMPAIGN = {"name": "Evening", "message": MESSAGE, "audience": {"type": "all"}, "text_check": CHECKED}
KEYWORDS = CAMPAIGN | {"message": {"type": "template", "template_id": "T1", "keywords": ["茶"]}}
RISKY = TextVerdict(Suggestion.RISKY, 20006, ("茶",))
REVIEW = TextVerdict(Suggestion.REVIEW, 10001)
DRY = pytest.mark.parametrize("dry_run", [False, True])
KEY = {"idempotency-key": "evening-7"}


def make(app: HttpApp, body: dict[str, Any] = CAMPAIGN, **changes: Any) -> Any:
    return app.ask("POST /campaigns", body | changes)


@DRY
def test_a_text_that_passes_is_asked_about_once(app: HttpApp, dry_run: bool) -> None:
    answers = [make(app, dry_run=dry_run), make(app)]
    assert [answer.status for answer in answers] == [200 if dry_run else 201, 201]
    assert app.text_check.asked == [("茶", "o-editor")]


def test_the_check_is_not_told_again(app: HttpApp) -> None:
    assert "text_check" not in make(app).json


def test_without_it_nothing_is_asked(app: HttpApp) -> None:
    app.text_check.verdict = RISKY
    assert make(app, text_check=None).status == 201
    assert app.text_check.asked == []


@DRY
@pytest.mark.parametrize(("body", "pointer"), [(CAMPAIGN, "/message/data"), (KEYWORDS, "/message/keywords")])
@pytest.mark.parametrize("reviewed", [False, True])
def test_a_risky_text_is_refused_and_nothing_comes_of_it(
    app: HttpApp, dry_run: bool, body: dict[str, Any], pointer: str, reviewed: bool
) -> None:
    app.text_check.verdict = RISKY
    answer = make(app, body, dry_run=dry_run, text_check=CHECKED | {"reviewed": reviewed})
    assert answer.status == 422
    assert answer.is_a_problem()
    assert answer.json["reason"] == "content_blocked"
    assert answer.json["errors"] == [
        {"pointer": pointer, "detail": "WeChat finds this text risky (crime: 茶)"}
    ]
    assert (app.campaigns.campaigns, app.queue.messages, app.schedules.due) == ({}, [], {})
    assert app.counted == ([] if dry_run else [{"CampaignsBlocked": 1}])


@DRY
def test_a_text_to_be_reviewed_says_how_it_goes_on(app: HttpApp, dry_run: bool) -> None:
    app.text_check.verdict = REVIEW
    answer = make(app, dry_run=dry_run)
    assert (answer.status, answer.json["reason"]) == (422, "content_blocked")
    [error] = answer.json["errors"]
    assert error["pointer"] == "/message/data"
    assert "a human" in error["detail"]
    assert '"reviewed": true' in error["detail"]
    assert app.campaigns.campaigns == {}
    assert make(app, dry_run=dry_run, text_check=CHECKED | {"reviewed": True}).status < 300


@DRY
@pytest.mark.parametrize("errcode", [61010, 40003, 43104])
def test_an_openid_that_will_not_do_is_pointed_at(app: HttpApp, dry_run: bool, errcode: int) -> None:
    app.text_check.failure = RefusedError(code_of(errcode))
    answer = make(app, dry_run=dry_run)
    assert (answer.status, answer.pointers) == (422, ["/text_check/openid"])
    assert "reason" not in answer.json
    assert app.campaigns.campaigns == {}
    assert app.counted == []


@DRY
@pytest.mark.parametrize(
    ("failure", "said", "retry_after"),
    [
        (RefusedError(code_of(-1)), "-1", "2"),
        (ConnectError("no route"), "no connection", "2"),
        (RefusedError(code_of(44991)), "44991", "60"),
        (RefusedError(code_of(45011)), "45011", "60"),
        (RefusedError(code_of(45009)), "45009", None),
        (RefusedError(code_of(48001)), "48001", None),
    ],
)
def test_a_wechat_that_does_not_answer_is_503(
    app: HttpApp, dry_run: bool, failure: Any, said: str, retry_after: str | None
) -> None:
    app.text_check.failure = failure
    answer = make(app, dry_run=dry_run)
    assert (answer.status, answer.headers.get("retry-after")) == (503, retry_after)
    assert said in answer.json["detail"]
    assert answer.is_a_problem()
    assert app.campaigns.campaigns == {}


@pytest.mark.parametrize(
    "text_check",
    [{}, {"openid": ""}, {"openid": "o" * 65}, {"openid": "an openid"}, {"openid": 5}, [], "o-editor",
     {"openid": "o", "reviewed": 1}, {"openid": "o", "extra": True}],
)  # fmt: skip
def test_what_is_no_text_check_is_refused(app: HttpApp, text_check: Any) -> None:
    answer = make(app, text_check=text_check)
    assert answer.status == 422
    assert all(pointer.startswith("/text_check") for pointer in answer.pointers)
    assert app.text_check.asked == []


@pytest.mark.parametrize(
    ("trouble", "mended"),
    [
        ({"verdict": RISKY}, {"message": MESSAGE | {"data": {"thing1": {"value": "水"}}}}),
        ({"verdict": REVIEW}, {"text_check": CHECKED | {"reviewed": True}}),
        ({"failure": RefusedError(code_of(61010))}, {"text_check": {"openid": "o-another"}}),
        ({"failure": RefusedError(code_of(45009))}, {"text_check": None}),
    ],
)
def test_a_key_that_brought_a_refusal_serves_the_mended_campaign(
    app: HttpApp, trouble: dict[str, Any], mended: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(app.text_check, name, value)
    refused = app.ask("POST /campaigns", CAMPAIGN, headers=KEY)
    app.text_check.verdict, app.text_check.failure = TextVerdict(Suggestion.PASS), None
    answers = [app.ask("POST /campaigns", CAMPAIGN | mended, headers=KEY) for _ in range(2)]
    assert refused.status in {422, 503}
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert len(app.campaigns.campaigns) == 1


def test_a_key_that_brought_a_refusal_may_come_again_as_it_was(app: HttpApp) -> None:
    app.text_check.failure = ConnectError("no route")
    assert app.ask("POST /campaigns", CAMPAIGN, headers=KEY).status == 503
    app.text_check.failure = None
    assert app.ask("POST /campaigns", CAMPAIGN, headers=KEY).status == 201


def test_a_key_whose_campaign_was_half_made_stays_with_it(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("out of reach")

    with monkeypatch.context() as broken:
        broken.setattr(app.queue, "put", fail)
        assert app.ask("POST /campaigns", CAMPAIGN, headers=KEY).status == 503
    app.text_check.verdict = RISKY
    app.text_check_cache.kept.clear()
    assert app.ask("POST /campaigns", CAMPAIGN | {"name": "Other"}, headers=KEY).status == 422
    assert app.ask("POST /campaigns", CAMPAIGN, headers=KEY).status == 201
    assert len(app.campaigns.campaigns) == 1
