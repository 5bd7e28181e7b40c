"""The example mini-program, unchanged, on a phone that enforces WeChat's rules, against `make run`."""

from pathlib import Path

import pytest
from support.node import run_node
from support.running import running

pytestmark = pytest.mark.e2e


def test_the_example_and_minipush_and_wechat_agree(tmp_path: Path) -> None:
    with running(tmp_path / "run") as stack:
        where = {"API": stack.api_url, "WECHAT": stack.wechat_url, "KEY": stack.operator_key}
        done = run_node("--test", "test/live.mjs", variables=where)
    assert done.returncode == 0, done.stdout + done.stderr
