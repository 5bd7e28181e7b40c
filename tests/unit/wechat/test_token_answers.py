import json
from typing import Any

import pytest

from minipush.wechat import AnswerError, MemoryTokenStore, Reaction, Response, TokenRefusedError, TokenSource
from minipush.wechat.token_calls import address_in


@pytest.mark.parametrize(
    ("errcode", "reaction"),
    [
        (-1, Reaction.BACK_OFF),
        (45011, Reaction.BACK_OFF),
        (99999, Reaction.BACK_OFF),
        (40001, Reaction.PAUSE),
        (40013, Reaction.PAUSE),
        (40125, Reaction.PAUSE),
        (40164, Reaction.PAUSE),
        (40243, Reaction.PAUSE),
        (45009, Reaction.PAUSE),
        (50004, Reaction.PAUSE),
        (89503, Reaction.PAUSE),
        (89507, Reaction.PAUSE),
    ],
)
def test_a_refused_request_for_a_token_backs_off_or_pauses(errcode: int, reaction: Reaction) -> None:
    body = json.dumps({"errcode": errcode, "errmsg": "no, rid: 617682e0-09059ac5-34a8e2ea"}).encode()
    tokens = TokenSource(lambda request, timeout: Response(200, body), "wx1", "s", MemoryTokenStore())
    with pytest.raises(TokenRefusedError) as refused:
        tokens.current()
    assert (refused.value.errcode, refused.value.reaction) == (errcode, reaction)
    assert refused.value.code.errcode == errcode
    assert refused.value.rid == "617682e0-09059ac5-34a8e2ea"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"access_token":"T"}',
        b'{"access_token":"","expires_in":7200}',
        b'{"access_token":5,"expires_in":7200}',
        b'{"access_token":"T","expires_in":0}',
        b'{"access_token":"T","expires_in":-5}',
        b'{"access_token":"T","expires_in":NaN}',
        b'{"access_token":"T","expires_in":1e999}',
        b'{"access_token":"T","expires_in":true}',
        b'{"access_token":"T","expires_in":99999999999999999999}',
    ],
)
def test_an_answer_without_a_usable_token_is_none(answer: bytes) -> None:
    tokens = TokenSource(lambda request, timeout: Response(200, answer), "wx1", "s", MemoryTokenStore())
    with pytest.raises(AnswerError):
        tokens.current()


@pytest.mark.parametrize(("status", "reaction"), [(503, Reaction.BACK_OFF), (404, Reaction.PAUSE)])
def test_an_http_error_for_a_token_has_its_reaction(status: int, reaction: Reaction) -> None:
    tokens = TokenSource(lambda request, timeout: Response(status, b""), "wx1", "s", MemoryTokenStore())
    with pytest.raises(AnswerError) as failed:
        tokens.current()
    assert failed.value.reaction is reaction


@pytest.mark.parametrize(
    ("errcode", "errmsg", "address"),
    [
        (40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist", "203.0.113.7"),
        (40164, "not in whitelist", None),
        (40125, "invalid appsecret 203.0.113.7", None),
    ],
)
def test_a_refusal_is_logged_with_the_address_to_allow(
    caplog: pytest.LogCaptureFixture, errcode: int, errmsg: str, address: str | None
) -> None:
    body = json.dumps({"errcode": errcode, "errmsg": f"{errmsg} rid: 617682e0-09059ac5-34a8e2ea"}).encode()
    tokens = TokenSource(lambda request, timeout: Response(200, body), "wx1", "s", MemoryTokenStore())
    with pytest.raises(TokenRefusedError):
        tokens.current()
    [line] = [vars(record) for record in caplog.records if record.name == "minipush.wechat.token_calls"]
    told: dict[str, Any] = {name: line[name] for name in ("errcode", "address", "rid")}
    assert told == {"errcode": errcode, "address": address, "rid": "617682e0-09059ac5-34a8e2ea"}
    assert line["message"] == "WeChat refuses an access_token"


@pytest.mark.parametrize(
    ("errmsg", "address"),
    [
        ("invalid ip 203.0.113.7, not in whitelist, rid: 617682e0-09059ac5-34a8e2ea", "203.0.113.7"),
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist", "203.0.113.7"),
        ("invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist", "2001:db8::7"),
        ("invalid ip ::ffff:203.0.113.7, not in whitelist", "::ffff:203.0.113.7"),
        ("not in whitelist, rid: 617682e0-09059ac5-34a8e2ea", None),
    ],
)
def test_the_address_that_wechat_does_not_allow_is_the_one_that_it_names(
    errmsg: str, address: str | None
) -> None:
    assert address_in(errmsg) == address
