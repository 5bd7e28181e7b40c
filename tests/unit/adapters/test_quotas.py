"""WeChat's daily quotas, by the type of message."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.answers import encoded
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import APPID, SECRET, SUBSCRIBE_SEND, WeChat
from minipush.adapters.wechat.quotas import WeChatQuotas
from minipush.channels import MESSAGE_TYPES, OFFICIAL_MESSAGE, SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.accounts import AccountKind
from minipush.domain.messages import MessageType
from minipush.domain.quotas import DailyQuota
from minipush.wechat import (
    AnswerError,
    LostAnswerError,
    MemoryTokenStore,
    Request,
    Response,
    TokenSource,
)
from minipush.wechat.quotas import QUOTA_PATH, AccountQuotas

type Answer = Callable[[], Response]


class Account:
    """One account at the simulator; `answer`: what quota/get answers instead."""

    def __init__(self, wechat: WeChat, appid: str, secret: str) -> None:
        self.answer: Answer | None = None
        self._wechat = wechat
        self.quotas = AccountQuotas(self._call, TokenSource(self._call, appid, secret, MemoryTokenStore()))

    def _call(self, request: Request, _timeout: float, /) -> Response:
        if self.answer and request.url_path == QUOTA_PATH:
            return self.answer()
        body = request.body or b""
        return Response(
            200, encoded(self._wechat.answer(request.method, request.url_path, request.query, body))
        )


@pytest.fixture
def wechat() -> WeChat:
    settings = SimulatorSettings(daily_quota=10, official_daily_quota=5)
    return WeChat(time.time, appid=APPID, secret=SECRET, settings=settings)


@pytest.fixture
def mini_program(wechat: WeChat) -> Account:
    return Account(wechat, APPID, SECRET)


@pytest.fixture
def read(wechat: WeChat, mini_program: Account) -> WeChatQuotas:
    official = Account(wechat, wechat.official.appid, wechat.official.secret)
    accounts = {
        AccountKind.MINI_PROGRAM: mini_program.quotas,
        AccountKind.OFFICIAL_ACCOUNT: official.quotas,
    }
    return WeChatQuotas(accounts.get)


def test_each_account_has_its_own_quota(wechat: WeChat, read: WeChatQuotas) -> None:
    token, _ = wechat.tokens.stable(force_refresh=False)
    wechat.answer("POST", SUBSCRIBE_SEND, {"access_token": token}, b"{}")
    assert read(SUBSCRIBE_MESSAGE) == DailyQuota(limit=10, used=1, remain=9)
    assert read(TEMPLATE_MESSAGE) == DailyQuota(limit=10, used=1, remain=9)
    assert read(OFFICIAL_MESSAGE) == DailyQuota(limit=5, used=0, remain=5)


def test_every_type_of_message_has_a_quota(read: WeChatQuotas) -> None:
    assert [type_.name for type_ in MESSAGE_TYPES if read(type_) is None] == []


def test_an_account_that_the_deployment_does_not_have_tells_nothing() -> None:
    assert WeChatQuotas(lambda _: None)(OFFICIAL_MESSAGE) is None


def test_another_provider_s_messages_have_no_quota_at_wechat(read: WeChatQuotas) -> None:
    assert read(MessageType(name="pigeon", permit_kinds=frozenset(), has_field_rules=False)) is None


def answering(body: Any) -> Answer:
    return lambda: Response(200, json.dumps(body).encode())


def lost() -> Response:
    raise LostAnswerError("reset")


@pytest.mark.parametrize(
    "answer",
    [lost, answering({"errcode": 76021}), answering({"errcode": 0}), answering({"quota": {"used": 1}})],
)
def test_a_quota_that_wechat_does_not_tell_is_none(
    mini_program: Account, read: WeChatQuotas, answer: Answer
) -> None:
    mini_program.answer = answer
    assert read(SUBSCRIBE_MESSAGE) is None


def test_an_answer_with_something_else_is_an_error(mini_program: Account) -> None:
    quota = {"daily_limit": "many", "used": 1, "remain": 2}
    mini_program.answer = answering({"errcode": 0, "quota": quota})
    with pytest.raises(AnswerError):
        mini_program.quotas.read(SUBSCRIBE_SEND)
