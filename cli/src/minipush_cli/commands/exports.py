"""`export`."""

from pathlib import Path

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.output import progress, say
from minipush_cli.texts import number


@command("export", example="minipush export backup-2026-11-30 --format csv")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="Of users and reports.",
)
@click.pass_obj
def export(on: Context, folder: Path, format_: str) -> None:
    """Write what the API knows into DIR: users, campaigns with their reports, tags, templates and the pool.

    import.jsonl has tags, settings and accepts as `minipush import` takes them, with the accepts' ids: a
    deployment that has an accept does not store it again. formIds and prepay_ids are counted only, because
    the API does not give them away.

    After an interruption, repeat the command: it goes on where it was.
    """
    from minipush_cli.exporting.folder import Folder
    from minipush_cli.exporting.run import CONNECTIONS, Export

    api = on.connect(connections=CONNECTIONS)
    with progress("exporting") as steps:
        running = Export(
            api,
            Folder(folder, on.deployment.url, format_),
            format_,
            lambda what, done: steps.to(done, text=f"exporting {what}: {done:,}"),
        )
        written = running.run()
    if on.output.is_json:
        on.output.json({"folder": str(folder), "users": written.users, "campaigns": len(written.reports)})
    else:
        say(f"{number(written.users)} users and {number(len(written.reports))} campaigns are in {folder}.")


COMMANDS = (export,)
