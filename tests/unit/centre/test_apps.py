"""Apps over HTTP: operators register them, users see what they consent to, apps see themselves."""

from typing import Any

import pytest
from support.http_app import HttpApp
from support.sample_apps import APPID, SECRET, SHOP
from support.sample_apps import app as sample_app

from minipush.domain.centre.apps import AppStatus
from minipush.domain.centre.pushes import PushLimits

REGISTRATION: dict[str, Any] = {
    "appid": APPID,
    "name": "某某商城",
    "icon_url": "https://shop.example/icon.png",
    "summary": "订单与物流通知",
    "contact": "ops@shop.example",
}
CONSENT = {name: REGISTRATION[name] for name in ("appid", "name", "icon_url", "summary")} | {
    "status": "active"
}
SHOP_PATH = {"appid": APPID}


def registered(app: HttpApp, **fields: Any) -> str:
    answer = app.ask("POST /centre/apps", REGISTRATION | fields)
    assert answer.status == 201
    return str(answer.json["secret"])


def test_a_registration_answers_with_the_secret_and_nothing_else(app: HttpApp) -> None:
    answer = app.ask("POST /centre/apps", REGISTRATION)
    assert (answer.status, list(answer.json)) == (201, ["secret"])
    assert answer.json["secret"].startswith("mpa_")
    assert len(answer.json["secret"]) == 44


def test_an_app_is_registered_once(app: HttpApp) -> None:
    secret = registered(app)
    answer = app.ask("POST /centre/apps", REGISTRATION | {"name": "another"})
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (409, "app-exists")
    assert app.ask("GET /centre/app", token=secret).json["name"] == REGISTRATION["name"]


def test_the_mini_program_of_the_message_centre_is_no_app(app: HttpApp) -> None:
    own = app.container.settings.account.appid
    answer = app.ask("POST /centre/apps", REGISTRATION | {"appid": own})
    assert (answer.status, [mistake["pointer"] for mistake in answer.json["errors"]]) == (422, ["/appid"])


def test_what_a_user_reads_may_follow_later(app: HttpApp) -> None:
    assert app.ask("POST /centre/apps", {"appid": APPID, "name": "某某商城"}).status == 201
    shown = app.ask("GET /centre/apps/{appid}", token=app.user, path=SHOP_PATH).json
    assert (shown["icon_url"], shown["summary"]) == ("", "")


def test_an_appid_that_no_case_could_name_is_refused(app: HttpApp) -> None:
    registered(app, appid="w" * 40)
    answer = app.ask("POST /centre/apps", REGISTRATION | {"appid": "w" * 41})
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (422, "invalid-request")


def test_an_operator_sees_everything_of_an_app_and_no_secret(app: HttpApp) -> None:
    secret = registered(app, owner_openid="anna")
    answer = app.ask("GET /centre/apps/{appid}", token="mp_reader", path=SHOP_PATH)
    assert answer.json.items() >= (REGISTRATION | {"owner_openid": "anna", "status": "active"}).items()
    assert secret not in str(answer.raw)


def test_a_user_sees_what_the_consent_page_shows(app: HttpApp) -> None:
    registered(app, owner_openid="anna")
    answer = app.ask("GET /centre/apps/{appid}", token=app.user, path=SHOP_PATH)
    assert (answer.status, answer.json) == (200, CONSENT)


@pytest.mark.parametrize("route", ["GET /centre/apps/{appid}", "PATCH /centre/apps/{appid}"])
def test_an_unknown_app_is_404(app: HttpApp, route: str) -> None:
    answer = app.ask(route, {"name": "n"} if route.startswith("PATCH") else None, path=SHOP_PATH)
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (404, "unknown-app")


def test_a_change_leaves_the_rest(app: HttpApp) -> None:
    registered(app, owner_openid="anna")
    answer = app.ask("PATCH /centre/apps/{appid}", {"name": "新名", "owner_openid": None}, path=SHOP_PATH)
    assert answer.status == 200
    assert answer.json.items() >= (REGISTRATION | {"name": "新名", "owner_openid": None}).items()


USUAL = {"per_second": 10, "to_user_per_hour": 60, "to_user_per_day": 200, "broadcasts_per_day": 10}


def test_an_app_has_the_usual_limits_unless_an_operator_allows_others(app: HttpApp) -> None:
    registered(app)
    answer = app.ask("GET /centre/apps/{appid}", token="mp_reader", path=SHOP_PATH)
    assert answer.json["limits"] == USUAL
    answer = app.ask("PATCH /centre/apps/{appid}", {"limits": {"per_second": 50}}, path=SHOP_PATH)
    assert answer.json["limits"] == USUAL | {"per_second": 50}
    assert answer.json.items() >= REGISTRATION.items()


def test_a_limit_that_a_change_does_not_name_stays(app: HttpApp) -> None:
    registered(app, limits={"to_user_per_hour": 5})
    answer = app.ask("PATCH /centre/apps/{appid}", {"limits": {"per_second": 50}}, path=SHOP_PATH)
    assert answer.json["limits"] == USUAL | {"per_second": 50, "to_user_per_hour": 5}
    assert (
        app.ask("PATCH /centre/apps/{appid}", {"limits": {}}, path=SHOP_PATH).json["limits"]
        == answer.json["limits"]
    )


def test_an_app_is_registered_with_limits(app: HttpApp) -> None:
    registered(app, limits={"to_user_per_hour": 5})
    assert app.apps.apps[APPID].limits == PushLimits(to_user_per_hour=5)


@pytest.mark.parametrize(
    "limits",
    [
        {"per_second": 0},
        {"per_second": 101},
        {"to_user_per_day": 1001},
        {"broadcasts_per_day": -1},
        {"broadcasts_per_day": 101},
        {"to_user_per_week": 1},
        5,
    ],
)
def test_limits_have_bounds(app: HttpApp, limits: Any) -> None:
    answer = app.ask("POST /centre/apps", REGISTRATION | {"limits": limits})
    assert answer.status == 422


def test_apps_are_listed_page_by_page(app: HttpApp) -> None:
    appids = [f"wx{n}" for n in range(3)]
    for appid in appids:
        registered(app, appid=appid)
    first = app.ask("GET /centre/apps", query={"limit": "2"}).json
    second = app.ask("GET /centre/apps", query={"limit": "2", "cursor": first["next_cursor"]}).json
    assert [one["appid"] for one in first["items"] + second["items"]] == appids
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"appid": "undefined"}, "/appid"),
        ({"name": " "}, "/name"),
        ({"name": "某某\n商城"}, "/name"),
        ({"name": "某某\u202e城商"}, "/name"),
        ({"icon_url": "http://shop.example/icon.png"}, "/icon_url"),
        ({"icon_url": "javascript:alert(1)"}, "/icon_url"),
        ({"summary": "s" * 201}, "/summary"),
        ({"secret": "mpa_mine"}, "/secret"),
    ],
)
def test_a_wrong_registration_is_422_and_named(app: HttpApp, fields: dict[str, Any], pointer: str) -> None:
    answer = app.ask("POST /centre/apps", REGISTRATION | fields)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_a_name_may_have_emoji_that_consist_of_several_characters(app: HttpApp) -> None:
    registered(app, name="👨‍👩‍👧 某某商城 ❤️")


@pytest.mark.parametrize("route", ["POST /centre/apps", "GET /centre/apps"])
def test_only_operators_register_and_list(app: HttpApp, route: str) -> None:
    app.apps.add(SHOP, SECRET)
    for token in (app.user, SECRET):
        assert app.ask(route, REGISTRATION if route.startswith("POST") else None, token=token).status == 403


def test_an_app_sees_itself(app: HttpApp) -> None:
    secret = registered(app)
    answer = app.ask("GET /centre/app", token=secret)
    assert answer.status == 200
    assert answer.json.items() >= {"appid": APPID, "status": "active"}.items()


@pytest.mark.parametrize("route", ["GET /me", "GET /me/centre", "GET /pool", "GET /operator"])
def test_a_secret_opens_nothing_of_users_and_operators(app: HttpApp, route: str) -> None:
    app.apps.add(SHOP, SECRET)
    assert app.ask(route, token=SECRET).status in {401, 403}


@pytest.mark.parametrize("token", ["mpa_", "mpa_unknown", SECRET + "s", SECRET.upper()])
def test_an_unknown_secret_is_401(app: HttpApp, token: str) -> None:
    app.apps.add(SHOP, SECRET)
    assert app.ask("GET /centre/app", token=token).status == 401


def test_a_renewed_secret_leaves_the_last_one_and_ends_the_one_before(app: HttpApp) -> None:
    first = registered(app)
    second = app.ask("POST /centre/app/secret", token=first).json["secret"]
    assert [app.ask("GET /centre/app", token=one).status for one in (first, second)] == [200, 200]
    third = app.ask("POST /centre/app/secret", token=second).json["secret"]
    assert [app.ask("GET /centre/app", token=one).status for one in (first, second, third)] == [401, 200, 200]


RENEW = "POST /centre/apps/{appid}/secret"


def test_an_operator_gives_a_further_secret_and_the_second_ends_all_earlier_ones(app: HttpApp) -> None:
    lost = registered(app)
    given = app.ask(RENEW, path=SHOP_PATH)
    assert given.status == 201
    assert [app.ask("GET /centre/app", token=one).status for one in (lost, given.json["secret"])] == [
        200,
        200,
    ]
    last = app.ask(RENEW, path=SHOP_PATH).json["secret"]
    assert [app.ask("GET /centre/app", token=one).status for one in (lost, last)] == [401, 200]


def test_a_secret_is_for_a_registered_app(app: HttpApp) -> None:
    answer = app.ask(RENEW, path={"appid": "wx-none"})
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (404, "unknown-app")


def test_who_may_not_register_apps_gets_no_secret_of_one(app: HttpApp) -> None:
    secret = registered(app)
    refused = [
        app.ask(RENEW, token=token, path=SHOP_PATH).status for token in ("mp_reader", app.user, secret)
    ]
    assert [status for status in refused if status not in {401, 403}] == []
    assert app.ask("GET /centre/app", token=secret).status == 200


def test_a_banned_app_may_only_look_at_itself(app: HttpApp) -> None:
    app.apps.add(sample_app(banned_until=app.now + 60_000), SECRET)
    assert app.ask("GET /centre/app", token=SECRET).json["status"] == "banned"
    refused = app.ask("POST /centre/app/secret", token=SECRET)
    assert (refused.status, refused.json["type"].rpartition("#")[2]) == (403, "app-banned")


def test_a_ban_takes_effect_within_five_seconds(app: HttpApp) -> None:
    app.apps.add(SHOP, SECRET)
    assert app.ask("POST /centre/app/secret", token=SECRET).status == 201
    app.apps.change(APPID, {"banned_until": app.now + 60_000})
    app.now += 5_000
    assert app.ask("POST /centre/app/secret", token=SECRET).status == 403


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ({}, AppStatus.ACTIVE),
        ({"hold_until": 2}, AppStatus.HELD),
        ({"hold_until": 2, "strong_off_until": 2}, AppStatus.STRONG_OFF),
        ({"hold_until": 2, "strong_off_until": 2, "banned_until": 2}, AppStatus.BANNED),
        ({"hold_until": 1, "strong_off_until": 1, "banned_until": 1}, AppStatus.ACTIVE),
    ],
)
def test_the_hardest_sanction_in_force_is_the_status(until: dict[str, int], status: AppStatus) -> None:
    one = sample_app(**until)
    assert one.status(1) is status
    assert (one.is_banned(1), one.may_remind(1)) == (status is AppStatus.BANNED, status is AppStatus.ACTIVE)
