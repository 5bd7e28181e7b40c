"""`keys`: operator keys. These commands change a secret in AWS, so they need AWS credentials and no operator key."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.output import confirm, say
from minipush_cli.texts import instant

if TYPE_CHECKING:
    from minipush_cli.aws.deployed_stack import DeployedStack
    from minipush_cli.aws.operator_keys import ListedKey

HELP = "Operator keys. Needs AWS credentials, and the extra: pipx install 'minipush[aws]'"
LIMITS = {
    "expires_at": "expires",
    "max_audience": "users",
    "max_per_second": "per second",
    "templates": "templates",
}


def stack_option(function: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--stack",
        metavar="NAME",
        envvar=["STACK", "MINIPUSH_STACK"],
        default="minipush",
        show_default=True,
        help="The CloudFormation stack.",
    )
    return option(function)


@command("list", example="minipush keys list")
@stack_option
@click.pass_obj
def list_(on: Context, stack: str) -> None:
    """List the keys: names, scopes, limits and last use."""
    with _deployed(stack) as deployed:
        from minipush_cli.aws.key_uses import last_uses
        from minipush_cli.aws.operator_keys import OperatorKeys

        keys = OperatorKeys(deployed).listed(last_uses(deployed))
    _show(on, keys)


@command("make", example="minipush keys make shop-backend --scopes send,read --expires 2027-01-31")
@click.argument("name")
@click.option(
    "--scopes", required=True, metavar="SCOPE,…", help="One or more of send, read, admin and moderate."
)
@click.option("--expires", default="", metavar="DAY", help="A day or an instant in ISO 8601.")
@click.option("--max-audience", default="", metavar="N", help="The users of one message or campaign.")
@click.option("--max-per-second", default="", metavar="N", help="The rate of a campaign.")
@click.option("--templates", default="", metavar="ID,…", help="The templates that it may send.")
@stack_option
@click.pass_obj
def make(on: Context, /, name: str, stack: str, **options: str) -> None:
    """Make a key and print it. It cannot be read again: only its hash is stored."""
    with _deployed(stack) as deployed:
        from minipush_cli.aws.operator_keys import KeyOptions, OperatorKeys

        key = OperatorKeys(deployed).add(name, KeyOptions.read(**options))
    if on.output.is_json:
        on.output.json({"name": name, "key": key})
    else:
        click.echo(key)


@command("revoke", example="minipush keys revoke shop-backend")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@stack_option
@click.pass_obj
def revoke(on: Context, name: str, yes: bool, stack: str) -> None:
    """Revoke a key. Within a few minutes, nothing accepts it any more."""
    if not yes:
        confirm(f"Revoke the key {name}?")
    with _deployed(stack) as deployed:
        from minipush_cli.aws.operator_keys import OperatorKeys

        OperatorKeys(deployed).revoke(name)
    if on.output.is_json:
        on.output.json({"revoked": name})
    else:
        say(f"The key {name} is revoked.")


@contextmanager
def _deployed(stack: str) -> Iterator["DeployedStack"]:
    """What AWS refuses is a message in words."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        from minipush_cli.aws.deployed_stack import DeployedStack
    except ImportError:
        raise CommandError("boto3 is missing. Run: pipx install 'minipush[aws]'", Exit.USAGE) from None
    try:
        yield DeployedStack.of({**os.environ, "STACK": stack})
    except (NoCredentialsError, ClientError) as error:
        raise CommandError(f"AWS: {error}", Exit.CREDENTIALS) from None
    except BotoCoreError as error:
        raise CommandError(f"AWS: {error}", Exit.UNREACHABLE) from None


def _show(on: Context, keys: "list[ListedKey]") -> None:
    if on.output.is_json:
        on.output.json(
            {
                "items": [
                    {"name": one.name, "scopes": one.scopes, **one.limits, "last_used": one.last_used}
                    for one in keys
                ]
            }
        )
        return
    rows = [
        (
            one.name,
            one.scopes if one.scopes is not None else "unreadable",
            *(one.limits.get(limit) for limit in LIMITS),
            instant(one.last_used),
        )
        for one in keys
    ]
    on.output.table(["name", "scopes", *LIMITS.values(), "last used"], rows)


COMMANDS = (list_, make, revoke)
