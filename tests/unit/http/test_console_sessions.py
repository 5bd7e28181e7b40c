"""The console's session, as an attacker would try it."""

import logging
import re
from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest
from support.http_app import KEY, NOW, Answer, HttpApp, hashed

from minipush.http.routes.console import BURST, MS_PER_KEY

HOURS_MS = 3_600_000
COOKIE = "__Host-minipush"
CONSOLE = {"x-minipush-console": "1"}
SYNC = "POST /templates/sync"


def sign_in(app: HttpApp, key: str = KEY, **headers: str) -> Answer:
    return app.ask("POST /console/session", {"key": key}, token=None, headers=headers)


def cookie(answer: Answer) -> str:
    [line] = answer.raw["cookies"]
    return SimpleCookie(line)[COOKIE].value


def ask(app: HttpApp, route: str, session: str, **headers: str) -> Answer:
    return app.ask(route, token=None, headers=headers, cookies=[f"{COOKIE}={session}"])


def claims(**changed: Any) -> dict[str, Any]:
    now = NOW // 1000
    good = {
        "iss": "minipush", "aud": "minipush:console", "sub": "backend", "key": hashed(KEY)[:23], "exp": now + 60,
    }  # fmt: skip
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(key: str = "s" * 64, **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm="HS256")


def test_a_key_is_exchanged_for_a_session_that_may_what_the_key_may(app: HttpApp) -> None:
    answer = sign_in(app, "mp_reader")
    assert (answer.status, answer.raw["body"]) == (204, "")
    assert ask(app, "GET /pool", cookie(answer)).status == 200
    assert ask(app, SYNC, cookie(answer), **CONSOLE).status == 403


def test_a_cookie_is_for_this_host_and_no_script(app: HttpApp) -> None:
    [line] = sign_in(app).raw["cookies"]
    name, *attributes = re.split("; ", line)
    assert name.startswith(f"{COOKIE}=")
    assert set(attributes) == {"Path=/", "Max-Age=28800", "HttpOnly", "Secure", "SameSite=Strict"}


def test_who_am_i(app: HttpApp) -> None:
    assert app.ask("GET /operator").json == {
        "name": "backend",
        "scopes": ["admin", "moderate", "read", "send"],
    }
    told = ask(app, "GET /operator", cookie(sign_in(app, "mp_reader"))).json
    assert told.pop("session_until")
    assert told == {"name": "reader", "scopes": ["read"]}


def test_a_key_without_any_scope_may_ask_who_it_is(app: HttpApp) -> None:
    app.secret["operator_keys"] = [{"name": "none", "scopes": [], "hash": hashed("mp_none")}]
    assert app.ask("GET /operator", token="mp_none").json == {"name": "none", "scopes": []}
    assert app.ask("GET /operator", token=app.user).status == 403


def test_the_emulators_form_of_a_cookie_is_read(app: HttpApp) -> None:
    headers = {"cookie": f"other=1; {COOKIE}={cookie(sign_in(app))}; last=2"}
    assert app.ask("GET /pool", token=None, headers=headers).status == 200


def test_a_session_ends_with_its_key(app: HttpApp) -> None:
    session = cookie(sign_in(app))
    app.secret["operator_keys"] = [{"name": "backend", "scopes": ["read"], "hash": hashed("mp_new")}]
    answer = ask(app, "GET /pool", session)
    assert (answer.status, answer.is_a_problem()) == (401, True)


def test_a_session_loses_the_scope_that_its_key_loses(app: HttpApp) -> None:
    session = cookie(sign_in(app))
    app.secret["operator_keys"][0]["scopes"] = ["read"]
    assert ask(app, "GET /pool", session).status == 200
    assert ask(app, SYNC, session, **CONSOLE).status == 403


def test_a_session_is_no_longer_than_its_key(app: HttpApp) -> None:
    app.secret["operator_keys"][0]["expires_at"] = "2099-01-01T00:00:00Z"
    assert "Max-Age=28800;" in sign_in(app).raw["cookies"][0]
    app.now = 4_070_908_800_000 - HOURS_MS  # an hour before
    assert "Max-Age=3600;" in sign_in(app).raw["cookies"][0]
    app.now += HOURS_MS
    assert sign_in(app).status == 401


@pytest.mark.parametrize(
    "session",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="no token"),
        pytest.param(KEY, id="the key itself"),
        pytest.param(signed(key="t" * 64), id="forged"),
        pytest.param(signed(exp=NOW // 1000 - 1), id="ended"),
        pytest.param(signed(exp=None), id="without an end"),
        pytest.param(signed(key_=1, sub=None), id="of nobody"),
        pytest.param(signed(aud="minipush:mini-program"), id="a user's"),
        pytest.param(signed(sub="reader"), id="another name"),
        pytest.param(signed(key="s" * 64, iss="another"), id="another issuer"),
        pytest.param("é\0\ud800", id="no text"),
    ],
)
def test_what_is_no_session_is_401(app: HttpApp, session: str) -> None:
    assert ask(app, "GET /pool", session).status == 401


def test_a_session_is_good_as_a_cookie_only(app: HttpApp) -> None:
    session = cookie(sign_in(app))
    assert app.ask("GET /pool", token=session).status == 401
    assert ask(app, "GET /pool", app.user).status == 401
    assert ask(app, "GET /me", session).status == 403


def test_an_authorization_comes_before_the_cookie(app: HttpApp) -> None:
    session = cookie(sign_in(app))
    cookies = [f"{COOKIE}={session}"]
    assert app.ask("GET /pool", token="wrong", cookies=cookies).status == 401
    assert app.ask(SYNC, token="mp_reader", cookies=cookies).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (CONSOLE, 200),
        (CONSOLE | {"sec-fetch-site": "same-origin"}, 200),
        ({}, 403),
        ({"x-minipush-console": "0"}, 403),
        ({"sec-fetch-site": "same-origin"}, 403),
        (CONSOLE | {"sec-fetch-site": "same-site"}, 403),
        (CONSOLE | {"sec-fetch-site": "cross-site"}, 403),
        (CONSOLE | {"sec-fetch-site": "none"}, 403),
    ],
)
def test_a_write_by_cookie_comes_from_the_console(app: HttpApp, headers: dict[str, str], status: int) -> None:
    answer = ask(app, SYNC, cookie(sign_in(app)), **headers)
    assert answer.status == status
    assert status == 200 or answer.json["type"].endswith("#foreign-page")


@pytest.mark.parametrize("route", ["POST /console/session", "DELETE /console/session"])
def test_a_foreign_page_signs_nobody_in_or_out(app: HttpApp, route: str) -> None:
    answer = app.ask(route, {"key": KEY}, token=None, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status, answer.raw["cookies"]) == (403, [])


def test_signing_out_deletes_the_cookie(app: HttpApp) -> None:
    answer = app.ask("DELETE /console/session", token=None)
    assert answer.status == 204
    assert answer.raw["cookies"] == [f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"]


def test_an_unknown_key_is_401_and_sets_no_cookie(app: HttpApp) -> None:
    answer = sign_in(app, "mp_unknown")
    assert (answer.status, answer.is_a_problem(), answer.raw["cookies"]) == (401, True, [])


def test_an_address_that_guesses_keys_waits(app: HttpApp) -> None:
    assert [sign_in(app, f"mp_{n}").status for n in range(BURST + 1)] == [401] * BURST + [429]
    answer = sign_in(app)
    assert (answer.status, answer.headers["retry-after"]) == (429, "5")
    app.now += MS_PER_KEY
    assert sign_in(app).status == 204


def test_no_log_holds_the_key_or_the_session(app: HttpApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = cookie(sign_in(app))
    ask(app, "GET /pool", session)
    sign_in(app, "mp_unknown")
    logged = [repr(vars(record)) for record in caplog.records]
    assert [line for line in logged if "signed in" in line and "backend" in line]
    assert not [line for line in logged if KEY in line or "mp_unknown" in line or session in line]
