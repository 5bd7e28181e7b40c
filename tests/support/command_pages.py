"""The pages of the command line, and their commands as they are printed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from support.command_line import CommandLine

from local.processes import ROOT

PAGES = ("docs/cli.md", "docs/cli.zh-CN.md")
OF_OPTIONS = ("apps register", "complaints decide", "--type official")
WRAPPER = """#!/bin/bash
{python} -m minipush_cli "$@"
status=$?
printf '%s\\t%s\\n' "$status" "$*" >> "$STATUSES"
exit $status
"""
SECONDS = 240


def blocks(page: str) -> list[str]:
    """Those in lists are indented."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```sh\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [dedent(block) for _, block in found]


def script(*, of_options: bool) -> str:
    """Of the English page; the Chinese one has the same commands. `of_options`: those of the message centre and the
    official account, which need a stack that has them."""
    chosen = [
        block for block in blocks(PAGES[0]) if any(words in block for words in OF_OPTIONS) == of_options
    ]
    return "\n".join(chosen)


def documents(text: str) -> list[Any]:
    """The JSON documents in a text, separated by white space or by nothing."""
    found, rest = [], text.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found


@dataclass(frozen=True)
class Session:
    """`ran`: the exit status and the words of each command, in order."""

    ran: list[tuple[int, str]]
    error: str

    def failed(self, may_fail: Mapping[str, int]) -> list[tuple[int, str]]:
        """`may_fail`: how a command begins, and the status with which it may end."""
        return [(status, words) for status, words in self.ran if status and not _may(words, status, may_fail)]


def play(text: str, folder: Path, environment: Mapping[str, str]) -> Session:
    """Run a page's session in `folder`/work."""
    wrapper = folder / "bin" / "minipush"
    for made in (wrapper.parent, folder / "work"):
        made.mkdir(exist_ok=True)
    wrapper.write_text(WRAPPER.format(python=sys.executable))
    wrapper.chmod(0o755)
    path = {"PATH": f"{wrapper.parent}:{os.environ['PATH']}", "STATUSES": str(folder / "statuses")}
    done = subprocess.run(
        ["bash"], input=text, cwd=folder / "work", text=True, capture_output=True, timeout=SECONDS, check=False,
        env=CommandLine({"HOME": str(folder)}).process_environment() | path | {**environment},
    )  # fmt: skip
    lines = [line.split("\t") for line in (folder / "statuses").read_text().splitlines()]
    return Session([(int(status), words) for status, words in lines], done.stderr)


def _may(words: str, status: int, may_fail: Mapping[str, int]) -> bool:
    return any(words.startswith(prefix) and status == expected for prefix, expected in may_fail.items())
