"""Redis dies while a campaign runs, and comes back empty."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest
import redis
from support.deployment import Deployment, keep
from support.redis_server import RedisServer, redis_server

from minipush.adapters.redis import shared_redis

pytestmark = pytest.mark.emulator

USERS = 240
RATE = 60
# A call starts up to 0.45 s after its slot, see the rate limiter.
SLACK = 1.45
CAMPAIGN = {
    "name": "evening",
    "message": {"type": "template", "template_id": "T1", "keywords": ["Your free delivery"]},
    "audience": {"type": "all"},
}


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as made:
        yield made


@pytest.mark.parametrize("mode", ["stable", "classic"])
def test_each_gets_one_message_at_the_promised_rate(
    deployment: Deployment, server: RedisServer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(shared_redis, "AWAY_SECONDS", 0.5)
    monkeypatch.setenv("REDIS_URL", server.url)
    monkeypatch.setenv("REDIS_SECRET_ARN", keep(deployment.secrets, {"username": "", "password": ""}))
    monkeypatch.setenv("WECHAT_TOKEN_MODE", mode)
    monkeypatch.setenv("MAX_SENDS_PER_SECOND", str(RATE))
    openids = _crowd(deployment)
    deployment.call("create-campaign", CAMPAIGN, token="mp_send")
    troubles = threading.Thread(target=_die_and_return, args=(server, lambda: _sent(deployment)))
    troubles.start()
    deployment.carry_all()
    troubles.join()
    messages = list(deployment.simulator.control.messages())
    assert Counter(message["openid"] for message in messages) == Counter(openids)
    assert _most_in_a_second([message["at"] for message in messages]) <= RATE * SLACK + 1
    assert deployment.simulator.control.summary()["tokens_issued"][mode] == 1
    with redis.Redis(unix_socket_path=server.socket) as client:
        assert any(key.startswith(b"minipush:rate#") for key in client.scan_iter())


def _die_and_return(server: RedisServer, sent: Callable[[], int]) -> None:
    _wait(lambda: sent() > USERS // 6)
    server.kill()
    _wait(lambda: sent() > USERS // 2)
    server.start()


def _wait(is_so: Callable[[], bool]) -> None:
    """Gives up with the campaign, whose own checks then fail."""
    pause = threading.Event()
    for tries in count():
        if is_so() or tries > 1200:
            return
        pause.wait(0.02)


def _sent(deployment: Deployment) -> int:
    return sum(1 for _ in deployment.simulator.control.messages())


def _crowd(deployment: Deployment) -> list[str]:
    wechat = deployment.simulator.control
    openids = [user.openid for user in wechat.add_users(USERS)]
    for openid, form_ids in wechat.tap_all(openids).items():
        permits = {"form_ids": [{"form_id": form_id} for form_id in form_ids]}
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    return openids


def _most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for at in times if start <= at < start + 1) for start in times)
