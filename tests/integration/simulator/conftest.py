from collections.abc import Iterator

import pytest
import requests
from support.receiver import Receiver, receiving

from local.simulator.simulator import Simulator
from local.simulator.wechat import APPID


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
