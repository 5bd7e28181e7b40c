"""`minipush` as its users run it: in this process, or in a process of its own, also on a terminal."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner

from local.processes import ROOT
from minipush_cli.command import exit_status
from minipush_cli.main import main

SECONDS = 30.0
COMMAND = [sys.executable, "-m", "minipush_cli"]


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def printed_key(self) -> str:
        """The Idempotency-Key that was printed before the request."""
        [key] = re.findall(r"--key (\S+)", self.err)
        return str(key)


@dataclass
class CommandLine:
    """`environment`: only what belongs to minipush; nothing of this process's own is used."""

    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        forgotten = {name: None for name in os.environ if name.startswith(("MINIPUSH_", "XDG_CONFIG"))}
        with CliRunner().isolation(stdin, {**forgotten, **self.environment}) as (out, err, _):
            status = exit_status(lambda: main.main(arguments, "minipush", standalone_mode=False))
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(status, out.getvalue().decode(), err.getvalue().decode())

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """A process of its own. stdout and stderr are pipes unless `options` say otherwise."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*COMMAND, *arguments], env=self.process_environment(), text=True, **(pipes | options)
        )

    def process_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIPUSH_")}
        return kept | {"PYTHONPATH": str(ROOT / "cli" / "src")} | self.environment


def on_a_terminal(
    command_line: CommandLine,
    arguments: Sequence[str],
    typed: Mapping[str, str],
    **environment: str,
) -> tuple[int, str]:
    """The exit status, and all that a terminal of 80 columns shows. `typed`: what to type when a text appears."""
    main_end, terminal = pty.openpty()
    size = {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    options = command_line.process_environment() | size | environment
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=options,
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    shown = _talk(main_end, dict(typed))
    os.close(main_end)
    return process.wait(SECONDS), shown


def _talk(terminal: int, typed: dict[str, str]) -> str:
    shown, deadline = "", time.monotonic() + SECONDS
    while time.monotonic() < deadline and select.select([terminal], [], [], SECONDS)[0]:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # the process has closed its end
            return shown
        if not read:
            return shown
        shown += read.decode()
        for text in [text for text in typed if text in shown]:
            os.write(terminal, typed.pop(text).encode())
    raise AssertionError(f"still running after {SECONDS:.0f} s: {shown}")
