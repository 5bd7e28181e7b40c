import json

import pytest

from minipush.wechat import (
    AnswerError,
    LoginRefusedError,
    Reaction,
    RefusedError,
    Request,
    Response,
)
from minipush.wechat.sessions import Session, Sessions


def sessions_that_get(answer: object, status: int = 200) -> Sessions:
    return Sessions(lambda request, timeout: Response(status, json.dumps(answer).encode()), "wx1", "secret")


def test_a_login_asks_with_the_code_and_the_apps_credentials() -> None:
    asked: list[Request] = []

    def transport(request: Request, timeout: float) -> Response:
        asked.append(request)
        return Response(200, b'{"openid":"o1","session_key":"k","unionid":"u1","errcode":0}')

    assert Sessions(transport, "wx1", lambda: "lazy secret").log_in("c1") == Session("o1", "u1")
    assert (asked[0].method, asked[0].url_path, asked[0].body) == ("GET", "/sns/jscode2session", None)
    assert dict(asked[0].query) == {
        "appid": "wx1",
        "secret": "lazy secret",
        "js_code": "c1",
        "grant_type": "authorization_code",
    }


def test_an_unbound_mini_program_has_no_unionid() -> None:
    assert sessions_that_get({"openid": "o1", "session_key": "k"}).log_in("c") == Session("o1", None)


@pytest.mark.parametrize("errcode", [40029, 40163, 40226, "40029"])
def test_a_refused_code_is_a_refused_login(errcode: int | str) -> None:
    errmsg = "invalid code, rid: 617682e0-09059ac5-34a8e2ea"
    with pytest.raises(LoginRefusedError) as refused:
        sessions_that_get({"errcode": errcode, "errmsg": errmsg}).log_in("c")
    assert (refused.value.errcode, refused.value.rid) == (int(errcode), "617682e0-09059ac5-34a8e2ea")


@pytest.mark.parametrize(
    ("errcode", "reaction"),
    [(-1, Reaction.BACK_OFF), (45011, Reaction.BACK_OFF), (40013, Reaction.PAUSE), (40125, Reaction.PAUSE)],
)
def test_a_failure_that_is_not_the_codes_is_no_refused_login(errcode: int, reaction: Reaction) -> None:
    with pytest.raises(RefusedError) as refused:
        sessions_that_get({"errcode": errcode}).log_in("c")
    assert not isinstance(refused.value, LoginRefusedError)
    assert refused.value.reaction is reaction


@pytest.mark.parametrize("answer", [{}, {"openid": ""}, {"openid": 5}, [], None, {"errcode": None}])
def test_an_answer_without_an_openid_is_no_login(answer: object) -> None:
    with pytest.raises(AnswerError):
        sessions_that_get(answer).log_in("c")


def test_an_http_error_is_no_login() -> None:
    with pytest.raises(AnswerError) as failed:
        sessions_that_get({"openid": "o1"}, status=503).log_in("c")
    assert failed.value.reaction is Reaction.BACK_OFF
