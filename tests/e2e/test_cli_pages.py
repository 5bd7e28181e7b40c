"""Every command of docs/cli.md and docs/cli.zh-CN.md, run as it is printed."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from support.command_line import CommandLine
from support.command_pages import PAGES, blocks, play, script
from support.running import MakeRun

from minipush_cli.main import main

pytestmark = pytest.mark.e2e

# `login` asks on a terminal, which is absent here. `doctor` finds that a fresh stack has no AppSecret of WeChat's, say.
# The backup has the users of other tests, too, whose templates the account lacks: they are rejected.
MAY_FAIL = {"login --url": 2, "doctor": 1, "import lists.txt": 1, "import backup/import.jsonl": 1}


def commands(group: click.Group, prefix: str = "") -> set[str]:
    """`login`, `campaigns make`, …"""
    found = set()
    for name, command in group.commands.items():
        found |= commands(command, f"{name} ") if isinstance(command, click.Group) else {prefix + name}
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_command_is_on_the_page(page: str) -> None:
    text = "\n".join(blocks(page))
    missing = [
        name for name in commands(main) if not re.search(rf"\bminipush (--profile \w+ )?{name}\b", text)
    ]
    assert missing == []


def test_both_pages_have_the_same_commands() -> None:
    """Apart from comments, which are in the page's language."""
    english, chinese = (
        [re.sub(r"\s+# .*|^# .*", "", block, flags=re.MULTILINE) for block in blocks(page)] for page in PAGES
    )
    assert chinese == english


@pytest.mark.skipif(shutil.which("jq") is None, reason="the page's session needs jq")
def test_the_commands_of_the_pages_run(stack: MakeRun, tmp_path: Path) -> None:
    """Those of one page: both have the same."""
    names = {
        name: f"{name}-{tmp_path.parent.name}-{tmp_path.name}"[:60] for name in ("anna", "bo", "cy", "dora")
    }
    prepare(stack, names["anna"])
    text = script(of_options=False)
    for name, openid in names.items():
        text = re.sub(rf"\b{name}\b", openid, text)
    text = text.replace("crm-", f"{names['cy']}-").replace("shop-backend", names["dora"])
    for day in ("2027-11-27T20:00:00+08:00", "2027-01-31"):
        assert day in text
        text = text.replace(day, (datetime.now(UTC) + timedelta(days=1)).isoformat())
    where = {"API": stack.api_url, "KEY": stack.operator_key, "AWS_PORT": str(stack.aws_port)}
    session = play(text, tmp_path, where)
    assert session.failed(MAY_FAIL) == [], session.error
    rejected = tmp_path / "work" / "backup" / "import.jsonl.rejected.jsonl"
    reasons = (
        [json.loads(line)["reason"] for line in rejected.read_text().splitlines()]
        if rejected.exists()
        else []
    )
    assert set(reasons) <= {"unknown_template"}
    assert len(session.ran) == len(re.findall(r"(?:^|\(|\| )minipush ", text, re.MULTILINE))


def prepare(stack: MakeRun, openid: str) -> None:
    """A user who has accepted S1 some times. The template is one of the account's, because the page syncs them."""
    minipush = CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key})
    with stack.control() as wechat:
        wechat.add_user(openid)
        wechat.accept(openid, "S1", 3)
        wechat.register_template("S1", "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}")
    accepts = "".join(
        f'{{"openid": "{openid}", "template_id": "S1", "id": "{openid}-{number}", "result": "accept"}}\n'
        for number in range(3)
    )
    assert minipush("templates", "sync").status == 0
    assert minipush("import", "-", stdin=accepts).status == 0
