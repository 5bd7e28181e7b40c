from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.answers import ErrcodeError
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import APPID, SECRET, WeChat

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
