"""Credentials, as an attacker would try them."""

import base64
import hmac
import json
import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from support.http_app import KEY, NOW, HttpApp, hashed

from minipush.http.edge import access
from minipush.http.edge.scopes import OPERATOR_SCOPES
from minipush.http.routes import operators

SESSION_KEY = "s" * 64


def claims(**changed: Any) -> dict[str, Any]:
    now = NOW // 1000
    good = {"iss": "minipush", "aud": "minipush:mini-program", "sub": "anna", "iat": now, "exp": now + 3600}
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(key: str = SESSION_KEY, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm=algorithm)


def unsigned(**header: Any) -> str:
    parts = [json.dumps({"typ": "JWT"} | header).encode(), json.dumps(claims()).encode()]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def test_a_session_opens_the_users_own_settings(app: HttpApp) -> None:
    answer = app.ask("GET /me", token=signed())
    assert answer.status == 200
    assert answer.json == {"openid": "anna", "opt_out": False, "quiet_hours": None}


def test_a_session_of_another_accepted_key_counts_until_that_ends(app: HttpApp) -> None:
    app.secret["other_session_keys"] = [{"key": "t" * 64, "until": NOW + 1}]
    assert app.ask("GET /me", token=signed(key="t" * 64)).status == 200
    assert app.ask("GET /me", token=signed()).status == 200
    app.now = NOW + 1
    assert app.ask("GET /me", token=signed(key="t" * 64)).status == 401
    assert app.ask("GET /me", token=signed()).status == 200


@pytest.mark.parametrize(
    "others", [None, "t" * 64, ["t" * 64], [{"key": "t" * 64}], [{"key": "t" * 64, "until": "tomorrow"}], [{"key": 5, "until": NOW + 1}]]
)  # fmt: skip
def test_a_damaged_list_of_session_keys_opens_nothing_and_closes_nothing(app: HttpApp, others: Any) -> None:
    app.secret["other_session_keys"] = others
    assert app.ask("GET /me", token=signed(key="t" * 64)).status == 401
    assert app.ask("GET /me", token=signed()).status == 200


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_key_that_is_too_short_opens_nothing_and_closes_nothing(app: HttpApp) -> None:
    app.secret["other_session_keys"] = [{"key": "t" * 31, "until": NOW + 1}]
    for token in (signed(key="t" * 31), signed(key="u" * 64), signed(exp=NOW // 1000 - 1)):
        assert app.ask("GET /me", token=token).status == 401
    assert app.ask("GET /me", token=signed()).status == 200


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(key="t" * 64), id="forged"),
        pytest.param(signed(exp=NOW // 1000 - 1), id="expired"),
        pytest.param(signed(exp=None), id="without an end"),
        pytest.param(signed(sub=None), id="for nobody"),
        pytest.param(signed(aud="another:service"), id="for another audience"),
        pytest.param(signed(iss="another"), id="by another issuer"),
        pytest.param(signed(algorithm="HS512"), id="another algorithm"),
        pytest.param(unsigned(alg="none"), id="alg none"),
        pytest.param(unsigned(alg="HS256"), id="without a signature"),
        pytest.param(unsigned(alg="HS256", kid={"a": 1}), id="an odd header"),
        pytest.param(unsigned(alg=["HS256"]), id="a list of algorithms"),
        pytest.param(signed()[:-2], id="cut short"),
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 200_000).decode() + ".e30.e30", id="too deep"),
        pytest.param("\ud800", id="no Unicode"),
        pytest.param("é.é.é", id="not ASCII"),
        pytest.param("\0", id="NUL"),
        pytest.param(hashed(KEY), id="the stored hash itself"),
        pytest.param(f"{KEY}, {KEY}", id="two keys in one header"),
        pytest.param(f"{KEY},Bearer {KEY}", id="two headers, as a gateway joins them"),
    ],
)
@pytest.mark.parametrize("route", ["GET /me", "GET /pool"])
def test_what_is_no_credential_is_401(app: HttpApp, route: str, token: str) -> None:
    answer = app.ask(route, token=token)
    assert answer.status == 401
    assert answer.is_a_problem()
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", KEY, f"Basic {KEY}", f"Bearer\t{KEY}"])
def test_what_is_no_bearer_token_is_401(app: HttpApp, value: str) -> None:
    assert app.ask("GET /pool", token=None, headers={"authorization": value}).status == 401


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_names_of_headers_and_schemes_know_no_case(app: HttpApp, name: str, scheme: str) -> None:
    assert app.ask("GET /pool", token=None, headers={name: f"{scheme} {KEY}"}).status == 200


@pytest.mark.parametrize("route", ["GET /me", "PUT /me", "PATCH /me", "GET /me/next-ask", "POST /collect"])
def test_an_operator_is_no_user(app: HttpApp, route: str) -> None:
    answer = app.ask(route, {}, token=KEY)
    assert answer.status == 403
    assert answer.is_a_problem()


@pytest.mark.parametrize("route", [route for route, scope in operators.ROUTES.items() if scope])
def test_a_user_is_no_operator(app: HttpApp, route: str) -> None:
    assert app.ask(route, {}, token=app.user).status == 403


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (
            "send",
            {
                "POST /messages",
                "POST /campaigns",
                "PATCH /campaigns/{campaign_id}",
                "POST /campaigns/{campaign_id}/pause",
                "POST /campaigns/{campaign_id}/resume",
                "POST /campaigns/{campaign_id}/cancel",
            },
        ),
        (
            "read",
            {
                "GET /users",
                "GET /users/{openid}",
                "GET /users/{openid}/timeline",
                "GET /pool",
                "GET /tags",
                "GET /stats",
                "GET /templates",
                "GET /templates/stock",
                "GET /official/sync",
                "GET /sending",
                "GET /status",
                "GET /campaigns",
                "GET /campaigns/{campaign_id}",
                "GET /campaigns/{campaign_id}/recipients",
                "GET /campaigns/{campaign_id}/recipients/{openid}",
                "GET /campaigns/{campaign_id}/events",
                "GET /campaigns/{campaign_id}/timeline",
            },
        ),
        (
            "admin",
            {
                "PATCH /users/{openid}",
                "PUT /sending",
                "POST /tags",
                "POST /users/{openid}/permits",
                "POST /templates/sync",
                "PUT /templates/stock",
                "POST /official/sync",
            },
        ),
    ],
)
def test_a_key_may_what_its_scope_says(app: HttpApp, scope: str, allowed: set[str]) -> None:
    app.secret["operator_keys"] = [{"name": "one", "scopes": [scope], "hash": hashed("mp_one")}]
    scoped = {route for route, needed in operators.ROUTES.items() if needed in OPERATOR_SCOPES}
    may = {route for route in scoped if app.ask(route, {}, token="mp_one").status != 403}
    assert may == allowed


def test_no_key_acts_for_a_user_whatever_its_scopes_say(app: HttpApp) -> None:
    app.secret["operator_keys"] = [{"name": "anna", "scopes": ["user", "root"], "hash": hashed("mp_one")}]
    assert app.ask("GET /me", token="mp_one").status == 403


def test_a_session_that_was_also_made_an_operator_key_is_the_operators(app: HttpApp) -> None:
    token = app.user
    app.secret["operator_keys"] = [{"name": "odd", "scopes": ["read"], "hash": hashed(token)}]
    assert app.ask("GET /pool", token=token).status == 200
    assert app.ask("GET /me", token=token).status == 403


def test_credentials_come_before_the_body(app: HttpApp) -> None:
    assert app.ask("POST /messages", "{", token=None).status == 401
    assert app.ask("POST /messages", "{", token="mp_reader").status == 403


def test_a_session_signed_by_a_clock_ahead_of_ours_is_good(app: HttpApp) -> None:
    ahead = int(time.time()) + 30
    assert app.ask("GET /me", token=signed(iat=ahead, exp=ahead + 60)).status == 200


def test_a_signing_key_that_could_be_guessed_signs_nobody_in(app: HttpApp) -> None:
    app.secret["session_key"] = "short"
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = signed(key="short")
    assert app.ask("GET /me", token=token).status == 500


def test_the_secret_holds_no_key_that_would_open(app: HttpApp) -> None:
    stored = json.dumps(app.secret["operator_keys"])
    assert KEY not in stored
    assert app.ask("GET /pool", token=KEY).status == 200


def test_every_stored_hash_is_compared_in_constant_time_whichever_fits(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append(right)
        return hmac.compare_digest(left, right)

    monkeypatch.setattr(access, "hmac", SimpleNamespace(compare_digest=compare))
    app.secret["operator_keys"] = [
        {"name": name, "scopes": ["read"], "hash": hashed(f"mp_{name}")} for name in ("a", "b", "c")
    ]
    for token in ("mp_a", "mp_c", "mp_nobody"):
        compared.clear()
        app.ask("GET /pool", token=token)
        assert compared == [entry["hash"].encode() for entry in app.secret["operator_keys"]]
