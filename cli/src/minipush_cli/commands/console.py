"""`console`: the console in a browser."""

import click

from minipush_cli.command import command
from minipush_cli.context import Context


@command("console", example="minipush console")
@click.option("--print", "is_printed", is_flag=True, help="Print the address only.")
@click.pass_obj
def console(on: Context, is_printed: bool) -> None:
    """Open the console in a browser. It asks for the operator key."""
    address = f"{on.deployment.url}/console/"
    if on.output.is_json:
        on.output.json({"url": address})
    else:
        click.echo(address)
    if not is_printed and not on.output.is_json:
        click.launch(address)


COMMANDS = (console,)
