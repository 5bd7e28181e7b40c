"""WeChat's pushes to the running stack, byte by byte as WeChat sends them."""

import json
import time
from typing import Any

import pytest
import requests
from support.callback_pushes import KEY, TOKEN, push, signed
from support.running import MakeRun

from local.simulator.wechat import APPID
from minipush.wechat.encryption import Encryption

pytestmark = pytest.mark.e2e

NEITHER_JSON_NOR_TEXT = "application/octet-stream"


def secure(message: bytes, appid: str = APPID) -> tuple[dict[str, str], str]:
    encrypted = Encryption(KEY, appid).encrypt(message)
    return signed(encrypted, name="msg_signature") | {"encrypt_type": "aes"}, encrypted


def rejection(openid: str, template_id: str) -> dict[str, Any]:
    entry = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
    common = {"ToUserName": "gh_x", "FromUserName": openid, "CreateTime": int(time.time())}
    return common | {"MsgType": "event", "Event": "subscribe_msg_change_event", "List": entry}


def in_xml(message: dict[str, Any]) -> str:
    entry = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in message["List"].items())
    head = "".join(f"<{name}>{value}</{name}>" for name, value in message.items() if name != "List")
    return f"<xml>{head}<SubscribeMsgChangeEvent><List>{entry}</List></SubscribeMsgChangeEvent></xml>"


class User:
    """A user who accepted T1 to T5 once each."""

    def __init__(self, stack: MakeRun) -> None:
        self._stack = stack
        with stack.control() as wechat:
            user = wechat.add_user()
        self.openid = user.openid
        session = requests.post(f"{stack.api_url}/session", json={"code": user.js_code}, timeout=30).json()
        given = [{"id": "1", "template_id": f"T{n}", "result": "accept"} for n in range(1, 6)]
        headers = {"Authorization": f"Bearer {session['token']}"}
        requests.post(f"{stack.api_url}/collect", json={"subscriptions": given}, headers=headers, timeout=30)

    @property
    def templates(self) -> set[str]:
        headers = {"Authorization": f"Bearer {self._stack.operator_key}"}
        answer = requests.get(f"{self._stack.api_url}/users/{self.openid}", headers=headers, timeout=30)
        return set(answer.json()["permits"]["once"])


def test_the_url_is_checked(stack: MakeRun) -> None:
    url = f"{stack.api_url}/wechat/callback"
    answer = requests.get(url, params=signed() | {"echostr": "4375120948345356249"}, timeout=30)
    assert (answer.status_code, answer.text) == (200, "4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")
    assert requests.get(url, params=signed("more") | {"echostr": "e"}, timeout=30).status_code == 403


def test_a_withdrawal_takes_effect_in_every_mode_and_format(stack: MakeRun) -> None:
    user = User(stack)
    assert user.templates == {"T1", "T2", "T3", "T4", "T5"}
    one, two, three, four, five = (rejection(user.openid, f"T{n}") for n in range(1, 6))
    query, encrypted = secure(json.dumps(two).encode())
    in_json = json.dumps({"ToUserName": "gh_x", "Encrypt": encrypted}).encode()
    both_query, both = secure(json.dumps(three).encode())
    xml_query, encrypted_xml = secure(in_xml(five).encode())
    answers = [
        push(stack, signed(), json.dumps(one).encode()),
        push(stack, query, in_json),
        push(stack, signed() | both_query, json.dumps(three | {"Encrypt": both}).encode()),
        push(stack, signed(), in_xml(four).encode(), "text/xml"),
        push(
            stack, xml_query, f"<xml><Encrypt>{encrypted_xml}</Encrypt></xml>".encode(), NEITHER_JSON_NOR_TEXT
        ),
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "success")] * 5
    assert user.templates == set()


def test_what_wechat_did_not_sign_changes_nothing(stack: MakeRun) -> None:
    user = User(stack)
    message = json.dumps(rejection(user.openid, "T1")).encode()
    query, encrypted = secure(message, "wxanother")
    answers = [
        push(stack, signed("more"), message),
        push(stack, {}, message),
        push(stack, query, json.dumps({"Encrypt": encrypted}).encode()),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert len(user.templates) == 5


def test_an_event_that_is_not_known_is_a_success(stack: MakeRun) -> None:
    message = rejection("anna", "T1") | {"Event": "debug_demo"}
    answer = push(stack, signed(), json.dumps(message).encode())
    assert (answer.status_code, answer.text) == (200, "success")


@pytest.mark.parametrize("key", [{}, {"encoding_aes_key": KEY}], ids=["plain", "secure"])
@pytest.mark.parametrize("written", ["json", "xml"])
def test_what_the_simulator_pushes_takes_effect(stack: MakeRun, key: dict[str, str], written: str) -> None:
    user = User(stack)
    entries = [{"TemplateId": f"T{n}", "SubscribeStatusString": "reject"} for n in (1, 2)]
    url, event = f"{stack.api_url}/wechat/callback", "subscribe_msg_change_event"
    with stack.control() as wechat:
        answer = wechat.push(
            url=url, token=TOKEN, format=written, openid=user.openid, event=event, entries=entries, **key
        )
    assert answer == {"status": 200, "answer": "success"}
    assert user.templates == {"T3", "T4", "T5"}
