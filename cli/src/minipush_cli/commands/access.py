"""`login`, `whoami`, `profiles`: who is asking, and which deployment."""

import os
import sys

import click

from minipush_cli.command import command
from minipush_cli.completing import complete_profiles
from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.output import read_line, say
from minipush_cli.profiles import (
    DEFAULT,
    Configuration,
    Profile,
    checked_key,
    checked_name,
    checked_url,
    config_path,
    read_configuration,
    with_profile,
    write_configuration,
)


@command("login", example="minipush --profile prod login --url https://api.example.com")
@click.option("--url", required=True, help="The output ApiUrl of the deployment, or its own domain.")
@click.option("--key-stdin", is_flag=True, help="Read the operator key from standard input.")
@click.pass_obj
def login(on: Context, url: str, key_stdin: bool) -> None:
    """Save a deployment and its operator key as a profile.

    The key is asked for on the terminal, and checked. It is never an argument, which others could see.
    """
    name = checked_name(on.profile or os.environ.get("MINIPUSH_PROFILE") or DEFAULT)
    path = config_path(os.environ)
    configuration = read_configuration(path)
    profile = Profile(name, checked_url(url), _key(from_stdin=key_stdin))
    on.deployment = profile
    operator = on.api.get("/operator")
    write_configuration(path, with_profile(configuration, profile))
    say(f"Signed in to {profile.url} as {operator['name']} ({', '.join(operator['scopes'])}).")
    say(f"The profile {name} is saved in {path}.")


@command("whoami", example="minipush whoami")
@click.pass_obj
def whoami(on: Context) -> None:
    """Show the name and the scopes of the operator key."""
    operator = on.api.get("/operator")
    if on.output.is_json:
        on.output.json(operator)
        return
    shown = {"name": operator["name"], "scopes": operator["scopes"]}
    on.output.pairs([*shown.items(), ("profile", on.deployment.name), ("url", on.deployment.url)])


@command("profiles", example="minipush profiles --default prod")
@click.option(
    "--default",
    metavar="NAME",
    shell_complete=complete_profiles,
    help="Make this profile the default one.",
)
@click.pass_obj
def profiles(on: Context, default: str | None) -> None:
    """List the profiles, or choose the default one."""
    path = config_path(os.environ)
    configuration = read_configuration(path)
    if default is not None:
        configuration = _with_default(configuration, default)
        write_configuration(path, configuration)
    _show_profiles(on, configuration)


def _key(*, from_stdin: bool) -> str:
    if from_stdin:
        return checked_key(read_line())
    if not sys.stdin.isatty():
        raise CommandError("nobody can be asked for the key here; pipe it in and add --key-stdin", Exit.USAGE)
    from getpass import getpass

    return checked_key(getpass("Operator key: ").strip())


def _with_default(configuration: Configuration, name: str) -> Configuration:
    if name not in configuration.profiles:
        raise CommandError(f"there is no profile {name!r}", Exit.NOT_FOUND)
    return Configuration(name, configuration.profiles)


def _show_profiles(on: Context, configuration: Configuration) -> None:
    rows = [(one.name, one.url, one.name == configuration.default) for one in configuration.profiles.values()]
    if on.output.is_json:
        on.output.json(
            {"items": [{"name": name, "url": url, "default": default} for name, url, default in rows]}
        )
    else:
        on.output.table(["profile", "url", "default"], rows)


COMMANDS = (login, whoami, profiles)
