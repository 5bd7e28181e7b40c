"""The commands of the pages for the night: their targets, variables, options and names exist."""

import re
import shlex

import click
import pytest
from support.makefile import told
from support.template import TEMPLATE

from local.processes import ROOT
from minipush_cli.main import main
from operate.logs import LEVELS
from operate.secret import VALUES

PAGES = (
    "docs/runbook.md",
    "docs/runbook.zh-CN.md",
    "docs/backup.md",
    "docs/backup.zh-CN.md",
    "docs/operations.md",
    "docs/operations.zh-CN.md",
)
RESOURCES = TEMPLATE["Resources"]
KNOWN = {
    "FUNCTION": {name.removesuffix("Logs") for name, one in RESOURCES.items() if one["Type"] == "AWS::Logs::LogGroup"},
    "QUEUE": {name for name, one in RESOURCES.items() if one["Type"] == "AWS::SQS::Queue"},
    "LEVEL": {*LEVELS},
}  # fmt: skip


def written(page: str, program: str) -> list[str]:
    """What stands between backquotes, or on a line of a block, and begins with the program."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL))
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in blocks.splitlines() if line.startswith(f"{program} ")]
    return lines + re.findall(rf"`({program} [^`]*)`", prose)


def commands(program: str) -> list[tuple[str, str]]:
    return [(page, command) for page in PAGES for command in written(page, program)]


@pytest.mark.parametrize(("page", "command"), commands("make"))
def test_a_target_takes_the_variables_that_a_page_gives_it(page: str, command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    [target, *more] = [word for word in words if "=" not in word and not word.startswith("-")]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    assert more == []
    assert given.keys() <= told()[target].variables, page
    known = KNOWN | ({"NAME": {*VALUES}} if target == "secret" else {})
    values = {name: value.removesuffix("Function") for name, value in given.items()}
    assert all(value in known[name] for name, value in values.items() if name in known)


@pytest.mark.parametrize(("page", "command"), commands("minipush"))
def test_the_command_line_takes_the_options_that_a_page_gives_it(page: str, command: str) -> None:
    words, part = shlex.split(command, comments=True)[1:], main
    found: click.Command = part
    while isinstance(found, click.Group):
        assert words[0] in found.commands, page
        found = found.commands[words.pop(0)]
    if words:  # otherwise the text speaks of the command
        found.make_context(found.name, words)  # raises click.UsageError
