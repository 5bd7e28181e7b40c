from collections.abc import Iterator

import pytest
from support.callback_pushes import CALLBACK
from support.running import MakeRun, running
from support.simulator_process import running_simulator


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """`make run` against a WeChat simulator of its own, over TLS; nothing of it may be left afterwards."""
    with (
        running_simulator("--tls", str(tmp_path_factory.mktemp("certificate"))) as wechat,
        running(
            tmp_path_factory.mktemp("stack") / "run",
            WECHAT_API_BASE=wechat.url,
            WECHAT_CA=wechat.ca,
            **CALLBACK,
        ) as run,
    ):
        yield run
