"""Results go to stdout, as a table or as JSON. Everything else that people read goes to stderr."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from minipush_cli.errors import CommandError, Exit
from minipush_cli.texts import one_line, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 100_000  # nothing is cut or wrapped
IDS = frozenset({"id", "openid", "appid"})
NARROW = 8  # characters in a line of a column of texts, at least
GAP = 3  # between two columns

Row = Sequence[Any]


class Output:
    """`format` is `table` or `json`. `to_stderr`: what accompanies a question."""

    def __init__(self, format_: str, *, to_stderr: bool = False) -> None:
        self.format = format_
        self._to_stderr = to_stderr

    def beside(self) -> "Output":
        """Tables for people, on stderr."""
        return Output("table", to_stderr=True)

    @property
    def is_json(self) -> bool:
        return self.format == "json"

    def json(self, value: Any) -> None:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))

    def json_list(self, items: Iterable[Any]) -> None:
        """As a page of the API that has all items; written while they are read."""
        click.echo('{"items": [', nl=False)
        for position, item in enumerate(items):
            click.echo((", " if position else "") + json.dumps(item, ensure_ascii=False), nl=False)
        click.echo('], "next_cursor": null}')

    def table(self, heads: Sequence[str], rows: Iterable[Row]) -> None:
        """A head that begins with `#` is of a column of numbers. Ids are copied, so they are not broken.

        Where a terminal is too narrow for that, each row gets lines of its own.
        """
        cells = [[one_line(cell) for cell in row] for row in rows]
        if IDS.isdisjoint(heads) or _width_of(heads, cells) <= self._console().width:
            self._print(_table(heads, cells))
            return
        for position, row in enumerate(cells):
            if position:
                self.blank()
            self.pairs(zip((head.lstrip("#") for head in heads), row, strict=True))

    def pairs(self, rows: Iterable[tuple[str, Any]]) -> None:
        """Names and values, without a head. A pair without a value is left out."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, style="bold")
        table.add_column(overflow="fold")
        for name, value in rows:
            if value not in (None, ""):
                table.add_row(name, Text(one_line(value)))
        self._print(table)

    def _print(self, table: Any) -> None:
        """Without the blanks that fill the last column."""
        console = self._console()
        with console.capture() as capture:
            console.print(table)
        text = "\n".join(line.rstrip() for line in capture.get().splitlines())
        click.echo(text, err=self._to_stderr)

    def _console(self) -> "Console":
        return _console(sys.stderr if self._to_stderr else sys.stdout)

    def blank(self) -> None:
        click.echo(err=self._to_stderr)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        justify: Literal["left", "right"] = "right" if head.startswith("#") else "left"
        table.add_column(head.lstrip("#"), justify=justify, no_wrap=_is_whole(head), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _is_whole(head: str) -> bool:
    return head.startswith("#") or head in IDS


def _width_of(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How wide a table is at least, with its texts in lines of a few characters."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    most = [
        width if _is_whole(head) else min(width, NARROW) for head, width in zip(heads, widths, strict=True)
    ]
    return sum(most) + GAP * (len(heads) - 1)


def open_missing_streams() -> None:
    """Python has None for a stream that the caller has closed: nothing is read there, and nobody reads what is written."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # open until the end


def write_utf_8() -> None:
    """Files and pipes get UTF-8. A terminal that cannot show a character shows a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def say(text: str = "") -> None:
    """To people, on stderr."""
    click.echo(plain(text), err=True)


def ensure_someone_can_be_asked() -> None:
    """Raises CommandError."""
    if not sys.stdin.isatty():
        raise CommandError("nobody can be asked here; add --yes to go on without a question", Exit.USAGE)


def read_line() -> str:
    """What stands on the first line of standard input. Raises CommandError."""
    try:
        return sys.stdin.readline().strip()
    except UnicodeDecodeError:
        raise CommandError("standard input is not UTF-8", Exit.USAGE) from None


def confirm(question: str) -> None:
    """Raises CommandError if the answer is not yes, or if nobody can be asked."""
    ensure_someone_can_be_asked()
    click.echo(f"{plain(question)} [y/N] ", nl=False, err=True)
    if read_line().lower() not in {"y", "yes"}:
        raise CommandError("nothing was done")


class Steps:
    """Counts what is done. Shown only if stderr is a terminal."""

    def __init__(self, progress: Any, task: Any) -> None:
        self._progress = progress
        self._task = task

    def to(self, completed: float, total: float | None = None, text: str | None = None) -> None:
        if self._progress is not None:
            given = {"description": one_line(text)} if text is not None else {}
            self._progress.update(self._task, completed=completed, total=total, **given)


@contextmanager
def progress(text: str, total: float | None = None) -> Iterator[Steps]:
    if not sys.stderr.isatty():
        yield Steps(None, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_console(sys.stderr), transient=True) as shown:
        yield Steps(shown, shown.add_task(one_line(text), total=total))


def _console(file: Any) -> "Console":
    from rich.console import Console

    width = None if file.isatty() else PIPE_WIDTH
    colors: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(file=file, width=width, color_system=colors, markup=False, highlight=False, emoji=False)
