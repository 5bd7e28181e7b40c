"""`minipush`: the options that all commands share, and the list of commands."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from minipush_cli import __version__
from minipush_cli.command import OUTPUTS, Group, exit_status
from minipush_cli.commands import (
    access,
    apps,
    campaigns,
    channels,
    completion,
    console,
    doctor,
    exports,
    followers,
    imports,
    keys,
    moderation,
    pool,
    reports,
    send,
    sending,
    tags,
    templates,
    users,
    watch,
)
from minipush_cli.completing import complete_profiles
from minipush_cli.context import Context
from minipush_cli.output import open_missing_streams, write_utf_8


@click.group(cls=Group, example="minipush --profile prod campaigns list")
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=complete_profiles,
    help="Which deployment: see minipush profiles.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(OUTPUTS),
    default="table",
    envvar="MINIPUSH_OUTPUT",
    help="A table, or JSON as the API gives it.",
)
@click.version_option(__version__, prog_name="minipush")
@click.pass_context
def main(context: click.Context, profile: str | None, output: str) -> None:
    """Operates minipush: sends messages, runs campaigns, and finds out what is wrong.

    MINIPUSH_URL and MINIPUSH_KEY, or MINIPUSH_PROFILE, choose a deployment without --profile. MINIPUSH_OUTPUT sets
    the output, MINIPUSH_CONFIG the file with the profiles.

    Exit codes: 0; 1 what was asked for failed; 2 usage; 3 credentials; 4 not found; 5 the state forbids it; 6
    minipush cannot be reached; 130 Ctrl-C.
    """
    context.obj = Context(profile, output)


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit."""
    open_missing_streams()
    write_utf_8()
    sys.exit(exit_status(lambda: main.main(arguments, "minipush", standalone_mode=False)))


def _group(name: str, text: str, example: str, *subjects: Sequence[click.Command]) -> Group:
    return Group(
        name, help=text, example=example, commands=[each for subject in subjects for each in subject]
    )


COMMANDS: tuple[click.Command, ...] = (
    *access.COMMANDS,
    *pool.COMMANDS,
    *doctor.COMMANDS,
    *sending.COMMANDS,
    *send.COMMANDS,
    *tags.COMMANDS,
    *imports.COMMANDS,
    *exports.COMMANDS,
    *completion.COMMANDS,
    *console.COMMANDS,
    _group(
        "campaigns",
        "Create, watch and stop campaigns.",
        "minipush campaigns list --status running",
        campaigns.COMMANDS,
        watch.COMMANDS,
        reports.COMMANDS,
    ),
    _group(
        "users", "Look at users, and tag them.", "minipush users show OPENID", users.COMMANDS, tags.OF_USERS
    ),
    _group("templates", "The templates of an account.", "minipush templates list", templates.COMMANDS),
    _group("followers", "The official account's followers.", "minipush followers show", followers.COMMANDS),
    _group("apps", "Apps that write into the message centre's inboxes.", "minipush apps list", apps.COMMANDS),
    _group("channels", "The ways to remind users.", "minipush channels list", channels.COMMANDS),
    _group("complaints", "Complaints about apps.", "minipush complaints list", moderation.COMPLAINTS),
    _group("appeals", "Appeals of apps against sanctions.", "minipush appeals list", moderation.APPEALS),
    _group(
        "sanctions", "Sanctions on apps.", f"minipush sanctions lift {moderation.ID}", moderation.SANCTIONS
    ),
    _group("keys", keys.HELP, "minipush keys list", keys.COMMANDS),
)
for each in COMMANDS:
    main.add_command(each)
