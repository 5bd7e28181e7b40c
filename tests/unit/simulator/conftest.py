import json
from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.answers import ErrcodeError
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import APPID, SECRET, SUBSCRIBE_SEND, TEMPLATE_SEND, WeChat

Send = Callable[..., dict[str, Any]]

NOON_IN_CHINA = 1_764_043_200.0  # 2025-11-25 12:00 in China


@pytest.fixture
def wechat() -> WeChat:
    """The account on a clock that stands still until the test moves `wechat.clock.offset`."""
    return WeChat(lambda: NOON_IN_CHINA, appid=APPID, secret=SECRET, settings=SimulatorSettings(), seed=1)


@pytest.fixture
def refused() -> Callable[..., int]:
    """The errcode with which a call is refused."""

    def errcode(call: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
        with pytest.raises(ErrcodeError) as refusal:
            call(*args, **kwargs)
        return refusal.value.errcode

    return errcode


@pytest.fixture
def send(wechat: WeChat) -> Send:
    """Posts one message to anna with a valid token. Fields that are None are left out."""
    wechat.users.add("anna")

    def post(path: str, raw: bytes | None = None, **fields: Any) -> dict[str, Any]:
        token, _ = wechat.tokens.stable(force_refresh=False)
        message = {
            k: v for k, v in ({"touser": "anna", "template_id": "T1"} | fields).items() if v is not None
        }
        body = json.dumps(message, ensure_ascii=False).encode() if raw is None else raw
        return wechat.answer("POST", path, {"access_token": token}, body)

    return post


@pytest.fixture
def classic(wechat: WeChat, send: Send) -> Send:
    """A template send with a new formId."""

    def post(**fields: Any) -> dict[str, Any]:
        form_id = wechat.ids.form_id()
        wechat.sends.forms.give(form_id, "anna", "form")
        return send(TEMPLATE_SEND, **({"form_id": form_id} | fields))

    return post


@pytest.fixture
def subscribed(wechat: WeChat, send: Send) -> Send:
    """A subscription send with one new accept."""

    def post(**fields: Any) -> dict[str, Any]:
        wechat.sends.subscriptions.accept("anna", "T1", 1)
        return send(SUBSCRIBE_SEND, **({"data": {"thing1": {"value": "你好"}}} | fields))

    return post
