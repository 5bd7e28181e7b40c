"""Apps ask for broadcasts over HTTP."""

from typing import Any

import pytest
from support.centre_broadcasts import TEXT
from support.http_app import HttpApp
from support.sample_apps import APPID, SECRET
from support.sample_apps import app as registered

from minipush.domain.campaigns import SEGMENTS_OF_APP, CampaignStatus
from minipush.domain.centre.inbox import Level, TextCheck
from minipush.domain.timestamps import DAY_MS as DAY
from minipush.domain.timestamps import iso
from minipush.errors import StoreError
from minipush.wechat.text_check import Suggestion, TextVerdict

MESSAGE: dict[str, Any] = {"title": TEXT.title, "body": TEXT.body, "page": TEXT.page}
OWNER = "o-owner"
RISKY = TextVerdict(Suggestion.RISKY, 20002, ("赌场",))
HOUR = 60 * 60 * 1000


@pytest.fixture
def app(app: HttpApp) -> HttpApp:
    app.apps.add(registered(owner_openid=OWNER), SECRET)
    app.store.record_login(OWNER, None, app.now)
    app.bound_users.levels = {"ada": Level.STRONG, "bo": Level.WEAK, "cy": Level.NONE}
    return app


def ask(app: HttpApp, key: str | None = None, **changes: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return app.ask("POST /centre/broadcasts", MESSAGE | changes, token=SECRET, headers=headers)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["type"].rpartition("#")[2]


def test_a_broadcast_is_a_campaign_to_the_apps_own_users(app: HttpApp) -> None:
    answer = ask(app, level="weak")
    assert (answer.status, [*answer.json]) == (201, ["id"])
    campaign = app.campaigns.campaigns[answer.json["id"]]
    assert (campaign.status, campaign.segments) == (CampaignStatus.RUNNING, SEGMENTS_OF_APP)
    assert campaign.plan.audience.appid == APPID
    broadcast = app.broadcasts.kept[campaign.id]
    assert (broadcast.push.content, broadcast.push.level) == (TEXT, Level.WEAK)
    assert broadcast.text_check is TextCheck.PASSED


def test_a_dry_run_counts_and_stores_nothing(app: HttpApp) -> None:
    answer = ask(app, dry_run=True)
    assert (answer.status, answer.json) == (200, {"recipients": 2})
    assert (app.campaigns.campaigns, app.broadcasts.kept, app.text_check.asked) == ({}, {}, [])


def test_a_planned_broadcast_waits(app: HttpApp) -> None:
    id_ = ask(app, schedule={"at": iso(app.now + HOUR)}).json["id"]
    assert app.campaigns.campaigns[id_].status is CampaignStatus.SCHEDULED


def test_a_broadcast_that_would_reach_nobody_is_refused(app: HttpApp) -> None:
    assert problem(ask(app, level="none")) == (422, "invalid-request")
    assert app.campaigns.campaigns == {}


def test_the_text_is_checked_once_and_risky_text_is_refused(app: HttpApp) -> None:
    app.text_check.verdict = RISKY
    assert problem(ask(app, key="k")) == (422, "blocked-text")
    assert (app.campaigns.campaigns, app.broadcasts.kept) == ({}, {})
    app.text_check.verdict = TextVerdict(Suggestion.PASS)
    assert ask(app, key="k", body="other").status == 201
    assert len(app.text_check.asked) == 2


def test_text_that_nobody_can_check_now_waits(app: HttpApp) -> None:
    app.now += 3 * HOUR
    id_ = ask(app).json["id"]
    assert app.broadcasts.kept[id_].text_check is TextCheck.PENDING


def test_a_repeat_with_its_key_makes_no_second_broadcast(app: HttpApp) -> None:
    assert ask(app, key="k").json == ask(app, key="k").json
    assert len(app.campaigns.campaigns) == 1


def test_an_app_that_broadcasts_too_often_is_told_when_it_may_again(app: HttpApp) -> None:
    assert [broadcast_after_a_second(app).status for _ in range(10)] == [201] * 10
    answer = broadcast_after_a_second(app)
    assert problem(answer) == (429, "too-many-pushes")
    left = DAY - app.now % DAY
    assert (answer.headers["retry-after"], answer.headers["ratelimit-limit"]) == (str(-(-left // 1000)), "10")
    assert (len(app.campaigns.campaigns), len(app.broadcasts.kept)) == (10, 10)
    app.now += left
    assert broadcast_after_a_second(app).status == 201


def test_an_operator_may_allow_an_app_other_broadcasts(app: HttpApp) -> None:
    app.apps.change(APPID, {"limits": {"broadcasts_per_day": 1}})
    assert [broadcast_after_a_second(app).status for _ in range(2)] == [201, 429]
    app.apps.change(APPID, {"limits": {"broadcasts_per_day": 0}})
    app.now += DAY
    assert broadcast_after_a_second(app).status == 429


def test_neither_dry_runs_nor_repeats_nor_refused_texts_count(app: HttpApp) -> None:
    app.apps.change(APPID, {"limits": {"broadcasts_per_day": 1}})
    app.text_check.verdict = RISKY
    assert ask(app).status == 422
    app.text_check.verdict = TextVerdict(Suggestion.PASS)
    assert broadcast_after_a_second(app, dry_run=True).status == 200
    assert [broadcast_after_a_second(app, key="k", body="x").status for _ in range(3)] == [201] * 3
    assert broadcast_after_a_second(app, body="y").status == 429


def test_the_key_of_a_broadcast_beyond_the_limit_is_free_for_another_try(app: HttpApp) -> None:
    app.apps.change(APPID, {"limits": {"broadcasts_per_day": 1}})
    ask(app)
    assert broadcast_after_a_second(app, key="k").status == 429
    app.now += DAY
    assert ask(app, key="k", body="other").status == 201


def test_a_try_that_died_after_it_was_counted_goes_on(app: HttpApp) -> None:
    app.apps.change(APPID, {"limits": {"broadcasts_per_day": 1}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.broadcasts, "add", failing)
        assert ask(app, key="k").status == 503
    assert broadcast_after_a_second(app, key="k").status == 201


def failing(*_: Any) -> None:
    raise StoreError("down")


def broadcast_after_a_second(app: HttpApp, key: str | None = None, **changes: Any) -> Any:
    """Requests have a limit of their own."""
    app.now += 1000
    return ask(app, key, **changes)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_time_in_the_past_is_refused(app: HttpApp, dry_run: bool) -> None:
    answer = ask(app, schedule={"at": iso(app.now - HOUR)}, dry_run=dry_run)
    assert problem(answer) == (422, "invalid-schedule")


@pytest.mark.parametrize(
    "changes",
    [{"title": "", "body": ""}, {"url": "https://shop.example/"}, {"to": {"key": "b"}}, {"id": "x"}],
)
def test_a_message_that_says_nothing_or_names_somebody_is_refused(
    app: HttpApp, changes: dict[str, Any]
) -> None:
    assert ask(app, **changes).status == 422
    assert app.campaigns.campaigns == {}


def test_a_banned_app_broadcasts_nothing(app: HttpApp) -> None:
    app.apps.change(APPID, {"banned_until": app.now + HOUR})
    assert problem(ask(app)) == (403, "app-banned")


def test_who_has_no_secret_of_an_app_is_refused(app: HttpApp) -> None:
    assert app.ask("POST /centre/broadcasts", MESSAGE, token=app.user).status in (401, 403)
