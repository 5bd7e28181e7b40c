"""The example mini-program, unchanged, on a phone that enforces WeChat's rules, against `make run`."""

import json
import os
import re
import subprocess
from collections.abc import Iterator

import pytest
from support.node import run_node
from support.running import MakeRun, running

from local.processes import ROOT

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "mini-program.md"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """A stack that nobody has asked for prompts: changed targets take effect at once."""
    with running(tmp_path_factory.mktemp("mini-program") / "run") as run:
        yield run


def test_the_example_and_minipush_and_wechat_agree(fresh: MakeRun) -> None:
    where = {"API": fresh.api_url, "WECHAT": fresh.wechat_url, "KEY": fresh.operator_key}
    done = run_node("--test", "test/live.mjs", variables=where)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_shows_what_a_simulated_phone_prints(fresh: MakeRun) -> None:
    with fresh.control() as wechat:
        # The test before may have made minipush ask for these. On the page, it asks for nothing.
        wechat.popup(wechat.add_user("anna").openid, {"S1": "reject", "S2": "reject"}, keep=True)
    section = PAGE.read_text(encoding="utf-8").split("## Without WeChat")[1]
    [script] = re.findall(r"^```sh\n(.*?)^```$", section.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    lines = script.splitlines()
    [shown] = [line[2:] for line in lines if line.startswith("# {")]
    commands = "\n".join(line for line in lines if not line.startswith(("API=", "WECHAT=")))
    environment = os.environ | {"API": fresh.api_url, "WECHAT": fresh.wechat_url}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(shown)
