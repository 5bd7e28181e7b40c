"""The message centre as users, third parties and operators meet it: on a phone, and on the command line."""

import re
import shutil
import time
from pathlib import Path

import pytest
from support.command_pages import play, script
from support.message_centre import Caller, MessageCentre
from support.node import run_node
from support.running import MakeRun

pytestmark = pytest.mark.e2e

OFFICIAL_MESSAGE = {
    "type": "official",
    "template_id": "O1",
    "data": {"thing1": {"value": "Yoga"}, "time2": {"value": "19:30"}},
}
MAPPED_SECONDS = 60
# Another test may have made and decided complaints: there may be none, or nothing to appeal.
MAY_FAIL = {"complaints decide": 4, "appeals decide": 4}


def test_the_example_binds_reads_complains_and_unbinds(centre_stack: MakeRun) -> None:
    stack = centre_stack
    where = {"API": stack.api_url, "WECHAT": stack.wechat_url, "KEY": stack.operator_key}
    done = run_node("--test", "test/centre-live.mjs", variables=where)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("jq") is None, reason="the page's session needs jq")
def test_the_commands_of_the_page_run(centre_stack: MakeRun, tmp_path: Path) -> None:
    """A decision that nobody waits for is 404; everything else works."""
    anna = f"anna-{tmp_path.parent.name}-{tmp_path.name}"[:60]
    follow(centre_stack, anna)
    text = re.sub(r"\banna\b", anna, script(of_options=True))
    where = {"MINIPUSH_URL": centre_stack.api_url, "MINIPUSH_KEY": centre_stack.operator_key}
    session = play(text, tmp_path, where)
    assert session.failed(MAY_FAIL) == [], session.error
    assert len(session.ran) == len(re.findall(r"(?:^|\()minipush ", text, re.MULTILINE))
    first, second = ((tmp_path / "work" / name).read_text() for name in ("secret.txt", "second-secret.txt"))
    assert re.fullmatch(r"mpa_\S{40}\n", first)
    assert first != second


def follow(stack: MakeRun, openid: str) -> None:
    """A user of the mini-program who follows the official account. Ends when minipush knows it."""
    MessageCentre(stack).user(openid)
    with stack.control() as wechat:
        wechat.follow(openid)
    operator = Caller(stack.api_url, stack.operator_key)
    trial = {"name": "n", "message": OFFICIAL_MESSAGE, "audience": {"type": "openids", "openids": [openid]}}
    deadline = time.monotonic() + MAPPED_SECONDS
    while not operator.call("POST", "/campaigns", trial | {"dry_run": True})["followers"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
