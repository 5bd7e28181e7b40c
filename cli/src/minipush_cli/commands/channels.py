"""`channels`: the ways to remind users of the message centre's messages."""

from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.output import say
from minipush_cli.texts import instant, number

KINDS = ("bark", "email", "sms", "official", "subscribe")

kind_argument = click.argument("kind", metavar="KIND", type=click.Choice(KINDS))


@command("list", example="minipush channels list")
@click.pass_obj
def list_(on: Context) -> None:
    """List the channels, with their breakers, queues and dead letters."""
    answer = on.api.get("/centre/channels")
    _show(on, answer, answer["items"])


@command("pause", example="minipush channels pause sms")
@kind_argument
@click.pass_obj
def pause(on: Context, kind: str) -> None:
    """Send nothing by a channel. Reminders go to the user's next one, or wait until they are out of date."""
    _show_one(on, f"/centre/channels/{kind}/pause")


@command("resume", example="minipush channels resume sms")
@kind_argument
@click.pass_obj
def resume(on: Context, kind: str) -> None:
    """Send by a channel again."""
    _show_one(on, f"/centre/channels/{kind}/resume")


@command("redrive", example="minipush channels redrive email")
@kind_argument
@click.pass_obj
def redrive(on: Context, kind: str) -> None:
    """Move dead letters back to the queue, until none is left."""
    moved, left = 0, 1
    while left:
        answer = on.api.post(f"/centre/channels/{kind}/redrive", is_safe=True)
        moved, left = moved + answer["moved"], answer["left"]
        if not answer["moved"]:
            break
    if on.output.is_json:
        on.output.json({"moved": moved, "left": left})
        return
    click.echo(f"{number(moved)} moved")
    if left:
        say(f"About {number(left)} are still there. SQS counts roughly: look again in a minute.")


def _show_one(on: Context, path: str) -> None:
    answer = on.api.post(path, is_safe=True)
    _show(on, answer, [answer])


def _show(on: Context, answer: dict[str, Any], items: list[dict[str, Any]]) -> None:
    if on.output.is_json:
        on.output.json(answer)
        return
    heads = [
        "channel",
        "breaker",
        "#tries a minute",
        "#unavailable",
        "#queued",
        "#delayed",
        "#dead",
        "left alone",
        "last refusal",
    ]
    on.output.table(heads, map(_row, items))


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    recent = one["last_minute"]
    return (
        one["kind"],
        "paused" if one["paused"] else one["breaker"],
        *(number(count) for count in (recent["tries"], recent["unavailable"])),
        *(number(one[name]) for name in ("queued", "delayed", "dead_letters")),
        one["open_hosts"],
        _refusal(one.get("last_refusal")),
    )


def _refusal(last: dict[str, Any] | None) -> str:
    """Of a deployment that is older than this command, none is known."""
    return f"{instant(last['at'])}: {last['detail']}" if last else ""


COMMANDS = (list_, pause, resume, redrive)
