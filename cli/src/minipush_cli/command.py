"""The kinds of command: each has -h with an example, and takes -o after its name, too."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.texts import plain

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
OUTPUTS = ("table", "json")


def _set_output(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value and isinstance(context.obj, Context):
        context.obj.output.format = value


def output_option() -> click.Option:
    return click.Option(
        ["-o", "--output"],
        type=click.Choice(OUTPUTS),
        expose_value=False,
        callback=_set_output,
        help="A table, or JSON as the API gives it.",
    )


class Command(click.Command):
    """A command with an example."""

    def __init__(self, *arguments: Any, example: str, **options: Any) -> None:
        lines = "\n".join(f"  {line}" for line in example.strip().splitlines())
        options.setdefault("epilog", f"\b\nExample:\n{lines}")
        options.setdefault("context_settings", SETTINGS)
        super().__init__(*arguments, **options)
        self.params.append(output_option())

    def invoke(self, context: click.Context) -> Any:
        """Whoever reads the output may stop reading it: that is no failure."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            _ignore_output()
            return Exit.OK


class Group(click.Group):
    """A group whose commands are of the kind above."""

    def __init__(self, *arguments: Any, example: str = "", **options: Any) -> None:
        if example:
            options.setdefault("epilog", f"\b\nExample:\n  {example}")
        options.setdefault("context_settings", SETTINGS)
        super().__init__(*arguments, **options)


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """`click.command`, with an example."""
    return click.command(name, cls=Command, example=example)


def exit_status(call: Callable[[], Any]) -> int:
    """Turn every way to fail into a message on stderr and an exit code."""
    status = None
    try:
        status = call()
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except CommandError as error:
        click.echo(f"minipush: {plain(str(error))}", err=True)
        return error.code
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _ignore_output()
    except OSError as error:
        return _failed_output(error)
    except Exception as error:  # noqa: BLE001  # an operator is not helped by a traceback
        click.echo(f"minipush: {plain(_unexpected(error))}", err=True)
        return Exit.FAILED
    return int(status) if isinstance(status, int) else Exit.OK


def _failed_output(error: OSError) -> int:
    named = f": {error.filename}" if error.filename else ""
    click.echo(f"minipush: {error.strerror or error}{named}", err=True)
    return Exit.FAILED


def _unexpected(error: Exception) -> str:
    """For a report of the bug, if it is one; a deployment of another version answers differently, too."""
    import traceback

    *_, frame = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"an unexpected answer or a bug: {type(error).__name__} at {where} (compare the versions: minipush doctor)"


def _ignore_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
