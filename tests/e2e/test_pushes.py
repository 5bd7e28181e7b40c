"""The simulator of `make run` pushes events to the deployment when users act, as WeChat does."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import requests
from support.callback_pushes import CALLBACK, push, signed
from support.running import MakeRun, running

from local.simulator.client import Control
from local.simulator.pushes.callbacks import Format, Mode
from local.simulator.pushes.events import CHANGE, POPUP, SENT

pytestmark = pytest.mark.e2e

KEY = {"WECHAT_ENCODING_AES_KEY": CALLBACK["WECHAT_ENCODING_AES_KEY"]}


@pytest.fixture(scope="module", params=[{}, CALLBACK, KEY], ids=["by default", "secure", "with a key alone"])
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    with running(tmp_path_factory.mktemp("own") / "run", **request.param) as run:
        yield run


class Anna:
    """A user with a session. Her mini-program reports the results of each popup."""

    def __init__(self, run: MakeRun, wechat: Control) -> None:
        self._run = run
        self._wechat = wechat
        user = wechat.add_user()
        self.openid = user.openid
        self._token = self._call("POST", "/session", {"code": user.js_code}, "")["token"]

    def is_asked(self, id_: str, *template_ids: str) -> None:
        results = self._wechat.popup(self.openid, dict.fromkeys(template_ids, "accept"))
        entries = [{"id": id_, "template_id": each, "result": results[each]} for each in template_ids]
        self._call("POST", "/collect", {"subscriptions": entries}, self._token)

    def is_sent(self, template_id: str) -> str:
        message = {"type": "subscribe", "template_id": template_id, "data": {"thing1": {"value": "tea"}}}
        answer = self._call("POST", "/messages", message | {"touser": self.openid}, self._run.operator_key)
        return str(answer["results"][0]["status"])

    @property
    def accepted(self) -> dict[str, int]:
        answer = self._call("GET", f"/users/{self.openid}", None, self._run.operator_key)
        return dict(answer["permits"]["once"])

    def _call(self, method: str, path: str, body: Any, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.request(method, self._run.api_url + path, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())


def test_what_users_do_reaches_the_deployment_by_itself(own: MakeRun) -> None:
    with own.control() as wechat:
        anna = Anna(own, wechat)
        anna.is_asked("1", "T1", "T2")
        assert anna.is_sent("T2") == "sent"
        assert anna.accepted == {"T1": 1}
        wechat.reject(anna.openid, "T1")
        wechat.settle()
        assert anna.accepted == {}
        events = [(each["event"], each["statuses"]) for each in wechat.pushes(anna.openid)]
    assert events == [(name, [200]) for name in (POPUP, SENT, CHANGE)]


def test_where_events_are_counted_reports_are_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running(tmp_path_factory.mktemp("own") / "run", SUBSCRIPTION_SOURCE="callback") as run,
        run.control() as wechat,
    ):
        anna = Anna(run, wechat)
        anna.is_asked("1", "T1", "T2")
        wechat.settle()
        assert anna.accepted == {"T1": 1, "T2": 1}


@pytest.fixture(params=[(mode, written) for mode in get_args(Mode) for written in get_args(Format)], ids=str)
def pushing(stack: MakeRun, request: pytest.FixtureRequest) -> Iterator[Control]:
    """The shared stack's simulator, which pushes to the stack during this test."""
    mode, written = request.param
    with stack.control() as wechat:
        wechat.configure(
            callback_url=f"{stack.api_url}/wechat/callback",
            callback_token=CALLBACK["WECHAT_CALLBACK_TOKEN"],
            encoding_aes_key=CALLBACK["WECHAT_ENCODING_AES_KEY"],
            callback_mode=mode,
            callback_format=written,
        )
        yield wechat
        wechat.settle()
        wechat.configure(callback_url=None)


def test_a_withdrawal_takes_effect_once_in_every_mode_and_format(stack: MakeRun, pushing: Control) -> None:
    anna = Anna(stack, pushing)
    anna.is_asked("1", "T1", "T2")
    pushing.reject(anna.openid, "T1")
    pushing.settle()
    assert anna.accepted == {"T2": 1}
    pushing.turn_on(anna.openid, "T1")
    anna.is_asked("2", "T1")
    [change] = [each for each in pushing.pushes(anna.openid) if each["event"] == CHANGE]
    assert repeat(stack, change) == "success"
    assert anna.accepted == {"T1": 1, "T2": 1}


def repeat(stack: MakeRun, event: dict[str, Any]) -> str:
    """Push the same event again, as WeChat does when the answer got lost."""
    [entry] = event["entries"]
    common = {"ToUserName": "gh_x", "FromUserName": event["openid"], "CreateTime": event["at"]}
    message = common | {"MsgType": "event", "Event": event["event"], "List": entry}
    return push(stack, signed(), json.dumps(message).encode()).text
