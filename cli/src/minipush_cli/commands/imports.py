"""`import`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.output import progress, say
from minipush_cli.texts import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipush_cli.importing.entries import Record
    from minipush_cli.importing.position import Totals
    from minipush_cli.importing.uploads import Rejected

FORMATS = ("jsonl", "csv", "redis")
SHOWN = 20  # rejected records on the terminal; a file has all of them
EXAMPLE = """
minipush import users.jsonl
minipush import accepts.csv
minipush import redis://10.0.0.7:6379/0
"""


@command("import", example=EXAMPLE)
@click.argument("file", metavar="FILE")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Otherwise by the file's name.")
@click.pass_obj
def import_(on: Context, file: str, format_: str | None) -> int:
    """Import permits, tags and settings of users. A repeat is harmless.

    A line is JSON with an openid and a form_id, a prepay_id, or a template_id with id and result; or tags,
    opt_out and quiet_hours. CSV has columns of these names. `redis` is a redis:// URL, or a file with the lists
    mina:openid:<openid> of formIds; what has expired there is skipped.

    After an interruption, repeat the command: it goes on where it was (FILE.progress). Rejected lines are in
    FILE.rejected.jsonl, and the exit code is 1.
    """
    format_ = format_ or _format(file)
    is_file = file != "-" and "://" not in file
    if is_file and not Path(file).is_file():
        raise CommandError(f"there is no file {file}", Exit.USAGE)
    totals = _import(on, file, format_, is_file=is_file)
    _show(on, totals, f"{file}.rejected.jsonl" if is_file else "")
    return Exit.FAILED if totals.rejected else Exit.OK


def _format(file: str) -> str:
    return "redis" if "://" in file else "csv" if file.lower().endswith(".csv") else "jsonl"


def _import(on: Context, file: str, format_: str, *, is_file: bool) -> "Totals":
    from minipush_cli.importing.position import Position
    from minipush_cli.importing.redis_lists import is_worthless
    from minipush_cli.importing.run import CONNECTIONS, Import

    position = Position(file, on.deployment.url, is_file=is_file)
    before = position.read()
    if before.records:
        say(f"Going on after {number(before.records)} records that an earlier run has imported.")
    running = Import(
        on.connect(connections=CONNECTIONS),
        position,
        is_worthless if format_ == "redis" else None,
        _Rejects(before.rejected),
    )
    with progress(f"importing {Path(file).name}", _count(file) if is_file else None) as steps:
        return running.run(_records(file, format_), lambda totals: steps.to(totals.records))


def _records(file: str, format_: str) -> "Iterator[Record]":
    from minipush_cli.importing import redis_lists, sources

    if format_ == "redis":
        return (
            redis_lists.lists_of_server(file)
            if redis_lists.is_redis(file)
            else redis_lists.lists_of_file(file)
        )
    return sources.csv_rows(file) if format_ == "csv" else sources.json_lines(file)


def _count(file: str) -> int:
    """Lines: at most as many records."""
    with Path(file).open("rb") as lines:
        return sum(1 for _ in lines)


class _Rejects:
    """Shows the first ones."""

    def __init__(self, shown: int) -> None:
        self._shown = shown

    def __call__(self, rejected: "list[Rejected]") -> None:
        for one in rejected[: max(0, SHOWN - self._shown)]:
            say(f"line {one.number}: {one.reason} {one.openid}".rstrip())
        self._shown += len(rejected)


def _show(on: Context, totals: "Totals", rejects: str) -> None:
    counts = {name: value for name, value in asdict(totals).items() if name != "rejects_bytes"}
    if on.output.is_json:
        on.output.json(counts)
        return
    on.output.pairs((name, number(value)) for name, value in counts.items())
    if totals.rejected and rejects:
        say(f"The rejected records are in {rejects}")


COMMANDS = (import_,)
