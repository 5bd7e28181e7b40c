from collections.abc import Iterator

import pytest
from support.callback_pushes import CALLBACK
from support.running import MakeRun, running
from support.simulator_process import running_simulator

from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET

OFFICIAL_TEMPLATES = {
    "O1": "提醒：{{thing1.DATA}}\n时间：{{time2.DATA}}",
    "O2": "课程：{{thing1.DATA}}",
}


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


@pytest.fixture(scope="session")
def centre_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """`make run` with the message centre, an official account, and the servers that it starts in the providers' place."""
    environment = {
        "MESSAGE_CENTRE": "on",
        "SUBSCRIBE_REMINDER_TEMPLATE": "S1",
        "OFFICIAL_APPID": OFFICIAL_APPID,
        "OFFICIAL_SECRET": OFFICIAL_SECRET,
        "OFFICIAL_CALLBACK_TOKEN": "OfficialToken",
        "OFFICIAL_ENCODING_AES_KEY": "O" * 43,
        "OFFICIAL_REMINDER_TEMPLATE": "O1",
    }
    with running(tmp_path_factory.mktemp("centre") / "run", **environment) as run:
        # Once somebody syncs the official account's templates, messages of others are refused.
        with run.control() as wechat:
            for template_id, content in OFFICIAL_TEMPLATES.items():
                wechat.register_template(template_id, content, kind="official")
        yield run
