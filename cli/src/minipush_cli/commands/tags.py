"""`tags` and `users tag`."""

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.files import FILE
from minipush_cli.output import progress
from minipush_cli.texts import instant, number

IN_A_CALL = 1000


@command("tags", example="minipush tags")
@click.pass_obj
def tags(on: Context) -> None:
    """List the tags, and how many users bear each."""
    answer = on.api.get("/tags")
    if on.output.is_json:
        on.output.json(answer)
        return
    on.output.table(["tag", "#users"], [(one["tag"], number(one["users"])) for one in answer["items"]])
    if answer.get("measured_at"):
        on.output.beside().pairs([("measured at", instant(answer["measured_at"]))])


@command("tag", example="minipush users tag --file vips.txt --add vip --remove trial")
@click.argument("openids", metavar="OPENID…", nargs=-1)
@click.option("--add", "added", metavar="TAG", multiple=True)
@click.option("--remove", "removed", metavar="TAG", multiple=True)
@click.option("--file", type=FILE, help="A file with an openid on each line.")
@click.pass_obj
def tag(
    on: Context,
    openids: tuple[str, ...],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    file: str | None,
) -> None:
    """Add tags to users, and remove some. A repeat is harmless."""
    if not added and not removed:
        raise CommandError("which tags? Give --add or --remove", Exit.USAGE)
    named = [*openids, *(read_lines(file) if file else [])]
    if not named:
        raise CommandError("which users? Give openids, or --file", Exit.USAGE)
    changed = _change(on, named, [*added], [*removed])
    if on.output.is_json:
        on.output.json({"changed": changed})
    else:
        click.echo(f"{changed:,} users changed")


def _change(on: Context, openids: Sequence[str], added: list[str], removed: list[str]) -> int:
    changed = 0
    with progress("tagging", len(openids)) as steps:
        for done, batch in _batches(openids):
            answer = on.api.post("/tags", {"openids": batch, "add": added, "remove": removed}, is_safe=True)
            changed += answer["changed"]
            steps.to(done)
    return changed


def _batches(openids: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Each with the number of openids up to its end."""
    waiting, done = iter(openids), 0
    while batch := list(islice(waiting, IN_A_CALL)):
        done += len(batch)
        yield done, batch


def read_lines(name: str) -> list[str]:
    """The lines of a file that are not blank; `-` is standard input."""
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    return [line.strip() for line in text.splitlines() if line.strip()]


COMMANDS = (tags,)
OF_USERS = (tag,)
