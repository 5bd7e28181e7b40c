import json

import pytest

from minipush.wechat import Reaction, Response
from minipush.wechat.sender import Reply, Taken, read_reply

UNREACHED = Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable")
LOST = Reply(Taken.MAYBE, Reaction.BACK_OFF)


@pytest.mark.parametrize(
    ("status", "body", "reply"),
    [
        (500, b'{"errcode":0}', LOST),
        (500, b'{"errcode":0,"msgid":7}', LOST),
        (503, b"", LOST),
        (503, b"upstream connect error or disconnect/reset before headers", LOST),
        (599, b"{}", LOST),
        (500, b'{"errcode":-1}', Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", -1)),
        (503, b'{"errcode":45009}', Reply(Taken.NO, Reaction.PAUSE, "quota", 45009)),
        # the JSON of a proxy
        (503, b'{"errcode":503,"errmsg":"service unavailable"}', LOST),
        (502, b"<html>", LOST),
        (504, b'{"errcode":-1}', LOST),
        (408, b"", LOST),
        (408, b'{"errcode":-1}', Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", -1)),
        (425, b"", UNREACHED),
        (429, b"", UNREACHED),
        (404, b"<html>", Reply(Taken.NO, Reaction.PAUSE, "wechat_unavailable")),
        (302, b"", Reply(Taken.NO, Reaction.PAUSE, "wechat_unavailable")),
        (413, b"", Reply(Taken.NO, Reaction.MESSAGE_FAIL, "invalid_data")),
        (400, b'{"errcode":45009}', Reply(Taken.NO, Reaction.PAUSE, "quota", 45009)),
        (403, b'{"errcode":0}', Reply(Taken.NO, Reaction.PAUSE, "wechat_unavailable")),
    ],
)
def test_an_http_status_says_whether_wechat_may_have_taken_it(status: int, body: bytes, reply: Reply) -> None:
    assert read_reply(Response(status, body)) == reply


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"<html>login</html>",
        b'{"errcode":0',
        b"[]",
        b"[0]",
        b"0",
        b"null",
        b"{}",
        b'{"errmsg":"ok"}',
        b'{"errcode":null}',
        b'{"errcode":true}',
        b'{"errcode":0.0}',
        b'{"errcode":NaN}',
        b'{"errcode":Infinity}',
        b'{"errcode":1e400}',
        b'{"errcode":"zero"}',
        b'{"errcode":""}',
        b'{"errcode":"1_0"}',
        '{"errcode":"٠"}'.encode(),
        b'{"errcode":[0]}',
        b'{"errcode":' + b"9" * 400 + b"}",
        b'{"errcode":' + b"9" * 40_000 + b"}",
        b'{"errcode":0,"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"\xff\xfe\x00",
        b'{"errcode":0,"errmsg":"\xff"}',
        b"\x1f\x8b\x08\x00",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_only_a_whole_and_plausible_answer_is_believed(body: bytes) -> None:
    assert read_reply(Response(200, body)) == LOST


@pytest.mark.parametrize(
    "body", [b'{"errcode":"0"}', b'\n {"errcode": 0 }\n', b'{"errcode":0,"errmsg":null}']
)
def test_a_success_may_look_different(body: bytes) -> None:
    assert read_reply(Response(200, body)) == Reply(Taken.YES, Reaction.OK, errcode=0)


def test_a_success_may_leave_out_the_errcode_where_it_gives_a_msgid() -> None:
    assert read_reply(Response(200, b'{"msgid":7}')) == Reply(Taken.YES, Reaction.OK, errcode=0, msgid=7)


@pytest.mark.parametrize("raw", [b"\n", b"\t", b"\x08", b"\r", b"\x00", b"\x1f"])
def test_a_raw_control_character_in_a_text_makes_no_answer_unreadable(raw: bytes) -> None:
    refused = read_reply(Response(200, b'{"errcode":43101,"errmsg":"user' + raw + b'refuses"}'))
    assert (refused.taken, refused.reason, refused.errcode) == (Taken.NO, "refused", 43101)
    accepted = read_reply(Response(200, b'{"errcode":0,"errmsg":"o' + raw + b'k","msgid":7}'))
    assert (accepted.taken, accepted.msgid) == (Taken.YES, 7)


def test_an_errcode_may_be_a_string() -> None:
    assert read_reply(Response(200, b'{"errcode":"43101"}')).errcode == 43101


@pytest.mark.parametrize(
    ("msgid", "read"),
    [
        (b"3248682510344192008", 3248682510344192008),
        (b'"3248682510344192008"', 3248682510344192008),
        (b"18446744073709551615", (1 << 64) - 1),
        (b"18446744073709551616", None),
        (b"-1", None),
        (b"1.5", None),
        (b"NaN", None),
        (b'"1e5"', None),
        (b"true", None),
        (b"{}", None),
    ],
)
def test_a_msgid_is_64_bits_or_none(msgid: bytes, read: int | None) -> None:
    reply = read_reply(Response(200, b'{"errcode":0,"msgid":' + msgid + b"}"))
    assert (reply.taken, reply.msgid) == (Taken.YES, read)


RID = "617682e0-09059ac5-34a8e2ea"
TOKEN = "92_" + "Ab-_" * 40


@pytest.mark.parametrize(
    ("errmsg", "kept"),
    [
        (f"data.time2.value is empty rid: {RID}", f"data.time2.value is empty rid: {RID}"),
        (
            f"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: {RID}",
            f"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: {RID}",
        ),
        ("参数错误", "参数错误"),
        ("x" * 30 + " y" * 200, ("x" * 30 + " y" * 200)[:200]),
        (" a\n\tb\x00c ", "a b c"),
        ("a\ud800b", "a?b"),
        ("", None),
        ("\n", None),
        (None, None),
        (7, None),
        ({"a": 1}, None),
        # what a proxy may repeat of the request
        (f"GET /x?access_token={TOKEN}&openid=oAbC-1 failed", "GET /x?access_token=…&openid=… failed"),
        ("POST /x?js_code=c&touser=oAbC secret=s", "POST /x?js_code=…&touser=… secret=…"),
        ('{"touser":"oAbC-1","form_id": "f1"} is bad', '{"touser":"…","form_id": "…"} is bad'),
        ('{"access_token":"abc","secret": "0f"}', '{"access_token":"…","secret": "…"}'),
        (f"invalid credential {TOKEN}, see", "invalid credential …, see"),
        ("invalid openid [oAbC-1234567890defGHI_jklMN-]", "invalid openid […]"),
        (
            "template oAbC-1234567890defGHI_jklMN-123456789012345",
            "template oAbC-1234567890defGHI_jklMN-123456789012345",
        ),
        ("appsecret 0123456789abcdef0123456789abcdef is wrong", "appsecret … is wrong"),
    ],
)
def test_what_wechat_said_with_a_refusal_is_kept_without_secrets(errmsg: object, kept: str | None) -> None:
    reply = read_reply(Response(200, json.dumps({"errcode": 47003, "errmsg": errmsg}).encode()))
    assert (reply.errcode, reply.errmsg) == (47003, kept)


def test_a_success_carries_neither_errmsg_nor_rid() -> None:
    body = json.dumps({"errcode": 0, "errmsg": f"ok rid: {RID}", "msgid": 7}).encode()
    reply = read_reply(Response(200, body))
    assert (reply.taken, reply.errmsg, reply.rid) == (Taken.YES, None, None)


@pytest.mark.parametrize(
    ("errmsg", "rid"),
    [
        ("busy rid: 617682e0-09059ac5-34a8e2ea", "617682e0-09059ac5-34a8e2ea"),
        ("busy hint: [abc]", None),
        ("rid: 617682e0", None),
        (None, None),
        ({"rid": 1}, None),
    ],
)
def test_the_rid_of_a_refusal_is_kept(errmsg: object, rid: str | None) -> None:
    body = json.dumps({"errcode": -1, "errmsg": errmsg}).encode()
    assert read_reply(Response(200, body)).rid == rid
