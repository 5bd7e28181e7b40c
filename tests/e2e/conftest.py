from collections.abc import Iterator

import pytest
from support.callback_pushes import CALLBACK
from support.running import MakeRun, running
from support.simulator_process import running_simulator


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """`make run` against a WeChat simulator of its own; nothing of it may be left afterwards."""
    with (
        running_simulator() as wechat,
        running(tmp_path_factory.mktemp("stack") / "run", WECHAT_API_BASE=wechat.url, **CALLBACK) as run,
    ):
        yield run
