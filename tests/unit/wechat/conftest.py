from collections.abc import Callable

import pytest
from support.token_endpoints import Clock, WeChat

from minipush.wechat import MemoryTokenStore, TokenSource


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wechat() -> WeChat:
    return WeChat()


@pytest.fixture
def store(clock: Clock) -> MemoryTokenStore:
    return MemoryTokenStore(clock)


@pytest.fixture
def stable(wechat: WeChat, store: MemoryTokenStore, clock: Clock) -> Callable[[], TokenSource]:
    """A worker in stable mode; all share the store."""
    return lambda: TokenSource(wechat, "wx1", "s3cret", store, clock=clock, sleep=clock.sleep)


@pytest.fixture
def classic(wechat: WeChat, store: MemoryTokenStore, clock: Clock) -> Callable[[], TokenSource]:
    """A worker in classic mode; all share the store."""
    return lambda: TokenSource(wechat, "wx1", "s3cret", store, clock=clock, mode="classic", sleep=clock.sleep)
