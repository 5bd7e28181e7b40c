"""`completion`: what a shell needs to complete commands, profiles and campaigns."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from minipush_cli.command import command

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
EXAMPLE = """
minipush completion bash > ~/.local/share/bash-completion/completions/minipush
minipush completion zsh > ~/.zfunc/_minipush        # with fpath+=~/.zfunc before compinit
minipush completion fish > ~/.config/fish/completions/minipush.fish
"""


@command("completion", example=EXAMPLE)
@click.argument("shell", type=click.Choice([*SHELLS]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, profiles, campaigns and templates."""
    complete = SHELLS[shell](context.find_root().command, {}, "minipush", "_MINIPUSH_COMPLETE")
    # Not source(): for bash, it starts a bash to look at its version.
    click.echo(complete.source_template % complete.source_vars())


COMMANDS = (completion,)
