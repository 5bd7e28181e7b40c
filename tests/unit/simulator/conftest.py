from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from support.receiver import Receiver, receiving

from local.simulator.answers import RefusedError
from local.simulator.settings import Settings
from local.simulator.simulator import Simulator
from local.simulator.wechat import APPID, SECRET, WeChat

NOON_IN_CHINA = 1_764_043_200.0  # 2025-11-25 12:00 in China


@pytest.fixture
def wechat() -> WeChat:
    """The whole state on a clock that stands still until the test moves `wechat.clock.offset`."""
    return WeChat(lambda: NOON_IN_CHINA, appid=APPID, secret=SECRET, settings=Settings(), seed=1)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def callback() -> Iterator[Receiver]:
    with receiving(APPID) as receiver:
        yield receiver


@pytest.fixture
def access_token(simulator: Simulator) -> str:
    query = {"grant_type": "client_credential", "appid": simulator.appid, "secret": simulator.secret}
    answer = requests.get(f"{simulator.url}/cgi-bin/token", params=query, timeout=5).json()
    return str(answer["access_token"])


@pytest.fixture
def refused() -> Callable[..., int]:
    """The errcode a call is refused with."""

    def errcode(call: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
        with pytest.raises(RefusedError) as refusal:
            call(*args, **kwargs)
        return refusal.value.errcode

    return errcode
