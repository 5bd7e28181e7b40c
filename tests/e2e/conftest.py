from collections.abc import Iterator

import pytest
from support.running import MakeRun, running, simulator

CALLBACK = {
    "WECHAT_CALLBACK_TOKEN": "a-callback-token",
    "WECHAT_ENCODING_AES_KEY": "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ",
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """`make run` against a WeChat simulator of its own; nothing of it may be left afterwards."""
    with (
        simulator() as wechat_url,
        running(tmp_path_factory.mktemp("stack") / "run", WECHAT_API_BASE=wechat_url, **CALLBACK) as run,
    ):
        yield run
