"""Who may push. The vectors are those of WeChat's page (framework/server-ability/message-push)."""

import base64
import json
from typing import Any

import pytest
from Crypto.Cipher import AES

from minipush.wechat.callback import Callback, Push, PushCredentials, sign
from minipush.wechat.encryption import Encryption
from minipush.wechat.errors import MalformedPushError, PushRefusedError

TOKEN = "AAAAA"
KEY = "A" * 43
APPID = "wxba5fad812f8e6fb9"
SECURE_AT = 1714112445
ENCRYPTED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
    "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
    "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
SECURE = {
    "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
    "timestamp": str(SECURE_AT),
    "nonce": "415670741",
    "encrypt_type": "aes",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}
MESSAGE = {
    "ToUserName": "gh_97417a04a28d",
    "FromUserName": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
    "CreateTime": 1714112445,
    "MsgType": "event",
    "Event": "debug_demo",
    "debug_str": "hello world",
}
BODY = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": ENCRYPTED}).encode()
PLAIN_AT = 1714037059
PLAIN = {
    "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78",
    "timestamp": str(PLAIN_AT),
    "nonce": "486452656",
}


def callback(
    at: float, token: str = TOKEN, key: str = KEY, appid: str = APPID, *, accepts_plain: bool = False
) -> Callback:
    return Callback(appid, token, key, lambda: round(at * 1000), accepts_plain=accepts_plain)


def plain_callback(at: float) -> Callback:
    """Of a console in plain mode: there is no key."""
    return callback(at, key="")


def secure(encrypted: str, at: int = SECURE_AT) -> tuple[dict[str, str], bytes]:
    """A push of something encrypted, signed as it should be."""
    query = {"timestamp": str(at), "nonce": "n", "encrypt_type": "aes"}
    query["msg_signature"] = sign(TOKEN, str(at), "n", encrypted)
    return query, json.dumps({"Encrypt": encrypted}).encode()


def sealed(whole: bytes) -> str:
    """Encrypted without anything added."""
    key = base64.b64decode(KEY + "=")
    return base64.b64encode(AES.new(key, AES.MODE_CBC, iv=key[:16]).encrypt(whole)).decode()


def test_the_url_check_of_the_page() -> None:
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }
    assert callback(1714036504).check_url(query) == "4375120948345356249"
    for seconds in (-301, 301):
        with pytest.raises(PushRefusedError, match="five minutes"):
            callback(1714036504 + seconds).check_url(query)


def test_the_plain_push_of_the_page() -> None:
    push = plain_callback(PLAIN_AT).open(PLAIN, json.dumps(MESSAGE).encode())
    assert push == Push(MESSAGE, nonce="1714037059/486452656")


def test_where_there_is_a_key_a_plain_push_is_refused_though_it_is_signed() -> None:
    body = json.dumps(MESSAGE).encode()
    with pytest.raises(PushRefusedError, match="plain"):
        callback(PLAIN_AT).open(PLAIN, body)
    assert callback(PLAIN_AT, accepts_plain=True).open(PLAIN, body).fields == MESSAGE


def test_the_signature_of_a_secure_push_opens_no_plain_body() -> None:
    plain = {name: SECURE[name] for name in ("signature", "timestamp", "nonce")}
    with pytest.raises(PushRefusedError, match="plain"):
        callback(SECURE_AT).open(plain, json.dumps(MESSAGE).encode())


def test_the_secure_push_of_the_page() -> None:
    assert callback(SECURE_AT).open(SECURE, BODY) == Push(MESSAGE, nonce=None)


def test_the_reply_of_the_page() -> None:
    encrypted = Encryption(KEY, APPID).encrypt(b'{"demo_resp":"good luck"}', b"707722b803182950")
    assert encrypted == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    signature = sign(TOKEN, "1713424427", "415670741", encrypted)
    assert signature == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


def test_what_is_encrypted_may_come_in_xml() -> None:
    xml = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{ENCRYPTED}]]></Encrypt></xml>"
    assert callback(SECURE_AT).open(SECURE, xml.encode()).fields == MESSAGE


def test_a_compatible_push_counts_by_what_is_encrypted() -> None:
    both = json.dumps({**MESSAGE, "FromUserName": "forged", "Encrypt": ENCRYPTED}).encode()
    assert callback(SECURE_AT).open(SECURE, both).fields == MESSAGE


def test_without_an_aes_key_a_compatible_push_counts_by_its_plain_part() -> None:
    both = MESSAGE | {"Encrypt": ENCRYPTED}
    assert callback(SECURE_AT, key="").open(SECURE, json.dumps(both).encode()).fields == both


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "0", "5c811b55", "ü", "\ud800", "9" * 5000])
def test_a_plain_push_with_anything_changed_is_refused(name: str, value: str) -> None:
    with pytest.raises(PushRefusedError):
        plain_callback(PLAIN_AT).open(PLAIN | {name: value}, json.dumps(MESSAGE).encode())


@pytest.mark.parametrize("name", ["timestamp", "nonce", "msg_signature"])
def test_a_secure_push_with_anything_missing_is_refused(name: str) -> None:
    query = {key: value for key, value in SECURE.items() if key != name}
    with pytest.raises(PushRefusedError):
        callback(SECURE_AT).open(query, BODY)


def test_the_plain_signature_does_not_open_a_secure_push() -> None:
    with pytest.raises(PushRefusedError, match="signature"):
        callback(SECURE_AT).open(SECURE | {"msg_signature": SECURE["signature"]}, BODY)


def replaced(at: float, old: PushCredentials, key: str = "B" * 43) -> Callback:
    """Of a console whose token and key are being replaced."""
    return Callback(APPID, "BBBBB", key, lambda: round(at * 1000), replaced=[old])


def test_a_push_of_the_replaced_token_and_key_counts_and_is_outdated() -> None:
    during = replaced(SECURE_AT, PushCredentials(TOKEN, KEY))
    assert during.open(SECURE, BODY) == Push(MESSAGE, nonce=None, is_outdated=True)


def test_a_url_check_counts_with_either_token() -> None:
    during = replaced(SECURE_AT, PushCredentials(TOKEN, KEY))
    for token in (TOKEN, "BBBBB"):
        query = {"timestamp": str(SECURE_AT), "nonce": "n", "echostr": "echo"}
        query["signature"] = sign(token, str(SECURE_AT), "n")
        assert during.check_url(query) == "echo"


def test_a_key_opens_only_what_its_own_token_signed() -> None:
    query, body = secure(Encryption("B" * 43, APPID).encrypt(json.dumps(MESSAGE).encode()))
    with pytest.raises(PushRefusedError):
        replaced(SECURE_AT, PushCredentials(TOKEN, KEY)).open(query, body)


def test_a_push_of_the_replaced_key_counts_though_the_token_has_stayed() -> None:
    during = Callback(
        APPID, TOKEN, "B" * 43, lambda: 1000 * SECURE_AT, replaced=[PushCredentials(TOKEN, KEY)]
    )
    assert during.open(SECURE, BODY) == Push(MESSAGE, nonce=None, is_outdated=True)
    new = secure(Encryption("B" * 43, APPID).encrypt(json.dumps(MESSAGE).encode()))
    assert during.open(*new) == Push(MESSAGE, nonce=None, new_mark=PushCredentials(TOKEN, "B" * 43).mark)


def test_what_no_key_opens_is_refused_though_several_have_its_token() -> None:
    during = Callback(
        APPID, TOKEN, "B" * 43, lambda: 1000 * SECURE_AT, replaced=[PushCredentials(TOKEN, "C" * 43)]
    )
    with pytest.raises(PushRefusedError):
        during.open(SECURE, BODY)


def test_a_replaced_pair_without_a_key_opens_no_plain_push_if_the_token_has_a_key_now() -> None:
    during = Callback(APPID, TOKEN, KEY, lambda: 1000 * PLAIN_AT, replaced=[PushCredentials(TOKEN)])
    with pytest.raises(PushRefusedError, match="plain"):
        during.open(PLAIN, json.dumps(MESSAGE).encode())


def test_a_plain_push_counts_while_plain_mode_is_being_left_but_only_with_the_old_token() -> None:
    body = json.dumps(MESSAGE).encode()
    during = replaced(PLAIN_AT, PushCredentials(TOKEN))
    assert during.open(PLAIN, body) == Push(MESSAGE, "1714037059/486452656", is_outdated=True)
    new = PLAIN | {"signature": sign("BBBBB", PLAIN["timestamp"], PLAIN["nonce"])}
    with pytest.raises(PushRefusedError, match="plain"):
        during.open(new, body)


def test_a_compatible_push_of_the_old_token_counts_by_its_plain_part_if_there_was_no_key() -> None:
    query, body = secure(ENCRYPTED)
    query["signature"] = sign(TOKEN, query["timestamp"], query["nonce"])
    both = json.dumps(MESSAGE | json.loads(body)).encode()
    push = replaced(SECURE_AT, PushCredentials(TOKEN)).open(query, both)
    assert push.fields["debug_str"] == "hello world"
    assert push.is_outdated


def test_an_empty_token_among_the_replaced_opens_nothing() -> None:
    with pytest.raises(PushRefusedError, match="no callback_token"):
        Callback(APPID, "", "", lambda: 1000 * PLAIN_AT, replaced=[PushCredentials("")]).open(PLAIN, b"{}")


@pytest.mark.parametrize("method", ["check_url", "open"])
def test_without_a_token_nothing_is_let_in(method: str) -> None:
    query = {"timestamp": "1", "nonce": "n", "signature": sign("", "1", "n"), "echostr": "e"}
    body = () if method == "check_url" else (json.dumps(MESSAGE).encode(),)
    with pytest.raises(PushRefusedError, match="callback_token"):
        getattr(callback(1, token=""), method)(query, *body)


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "!" * 43])
def test_a_key_that_is_none_opens_nothing(key: str) -> None:
    with pytest.raises(PushRefusedError):
        callback(SECURE_AT, key=key).open(SECURE, BODY)


@pytest.mark.parametrize(("seconds", "is_let_in"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_push_is_good_for_five_minutes(seconds: int, *, is_let_in: bool) -> None:
    there = callback(SECURE_AT + seconds)
    if is_let_in:
        assert there.open(SECURE, BODY).fields == MESSAGE
    else:
        with pytest.raises(PushRefusedError, match="five minutes"):
            there.open(SECURE, BODY)


def test_another_mini_programs_push_is_refused() -> None:
    with pytest.raises(PushRefusedError, match="another"):
        callback(SECURE_AT, appid="wxanother").open(SECURE, BODY)
    for appid in ("", APPID[:-1], APPID + "0"):
        with pytest.raises(PushRefusedError, match="another"):
            callback(SECURE_AT).open(*secure(Encryption(KEY, appid).encrypt(b"{}")))


HEAD = b"r" * 16
WHOLE = HEAD + b"\0\0\0\2{}" + APPID.encode()  # 40 bytes, 24 short of two blocks


@pytest.mark.parametrize(
    "whole",
    [
        WHOLE + bytes(24),
        WHOLE + bytes([33]) * 24,
        WHOLE + bytes([23]) * 23 + bytes([24]),
        WHOLE + bytes([8]) * 8,
        bytes([32]) * 32,
        HEAD + b"\xff\xff\xff\xff{}" + APPID.encode() + bytes([24]) * 24,
        HEAD + b"\0\0\0\3{}" + APPID.encode() + bytes([24]) * 24,
        HEAD + b"\0\0\0" + bytes([13]) * 13,
    ],
    ids=["zero", "too much", "uneven", "half a block", "nothing but", "length beyond", "length off", "no length"],
)  # fmt: skip
def test_what_is_signed_but_not_whole_is_refused(whole: bytes) -> None:
    with pytest.raises(PushRefusedError):
        callback(SECURE_AT).open(*secure(sealed(whole)))


def test_the_whole_of_it_is_let_in() -> None:
    assert callback(SECURE_AT).open(*secure(sealed(WHOLE + bytes([24]) * 24))).fields == {}


@pytest.mark.parametrize("encrypted", ["", "ü", "AAAA", "====", ENCRYPTED[:-4], ENCRYPTED + "\n"])
def test_what_is_no_ciphertext_is_refused(encrypted: str) -> None:
    with pytest.raises(PushRefusedError):
        callback(SECURE_AT).open(*secure(encrypted))


@pytest.mark.parametrize("body", [{}, {"Encrypt": None}, {"Encrypt": {"a": 1}}, MESSAGE])
def test_a_push_that_says_encrypted_and_is_not_is_refused(body: Any) -> None:
    with pytest.raises(PushRefusedError):
        callback(SECURE_AT).open(SECURE, json.dumps(body).encode())


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 1000])
def test_messages_of_any_length_come_back(length: int) -> None:
    box = Encryption(KEY, APPID)
    assert box.decrypt(box.encrypt(b"m" * length)) == b"m" * length


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b"<xml>", b"<xml/>", b"[" * 100_000])
def test_a_body_is_not_parsed_for_a_stranger(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr("minipush.wechat.callback.parse", parsed.append)
    for query in (PLAIN | {"signature": "0"}, {"timestamp": str(PLAIN_AT), "nonce": "n"}):
        with pytest.raises(PushRefusedError, match="signature"):
            callback(PLAIN_AT).open(query, body)
    assert parsed == []


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b"<xml>", b"<xml/>", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_malformed_for_who_can_sign_alone(body: bytes) -> None:
    with pytest.raises(MalformedPushError):
        callback(PLAIN_AT).open(PLAIN, body)
    with pytest.raises(PushRefusedError):
        callback(PLAIN_AT).open(PLAIN | {"signature": "0"}, body)
