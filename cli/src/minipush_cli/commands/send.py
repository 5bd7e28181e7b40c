"""`send`: one message to some users, now."""

from typing import Any

import click

from minipush_cli.advice import advice
from minipush_cli.command import command
from minipush_cli.completing import complete_templates
from minipush_cli.context import Context
from minipush_cli.errors import CommandError, Exit
from minipush_cli.idempotency import idempotency_key
from minipush_cli.output import confirm

MOST = 100
OFFICIAL = "official"
EXAMPLE = "minipush send o6zAJs3oh85Zb1lJE8oWix57vny0 --template S1 --data thing1=Tea --data time2=19:30"


@command("send", example=EXAMPLE)
@click.argument("openids", metavar="OPENID…", nargs=-1, required=True)
@click.option("--template", "template_id", required=True, metavar="ID", shell_complete=complete_templates)
@click.option(
    "--type",
    "type_",
    type=click.Choice(["subscribe", "template", OFFICIAL]),
    default="subscribe",
    show_default=True,
    help="official: of the official account, to its followers.",
)
@click.option(
    "--data",
    metavar="FIELD=VALUE",
    multiple=True,
    help="A field of the template. Repeat it for each one.",
)
@click.option("--page", metavar="PAGE", help="The page that the message opens: pages/class?id=7.")
@click.option("--appid", metavar="APPID", help="Of the page's mini-program. Only with --type official.")
@click.option(
    "--url",
    metavar="URL",
    help="What clients open that can't open a mini-program. Only with --type official.",
)
@click.option("--key", metavar="KEY", help="The Idempotency-Key of an earlier try: it sends nothing twice.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def send(
    on: Context, openids: tuple[str, ...], template_id: str, type_: str,
    data: tuple[str, ...], page: str | None, appid: str | None, url: str | None, key: str | None, yes: bool,
) -> int:  # fmt: skip
    """Send one message to 1 to 100 users.

    The exit code is 1 if a message was not sent.
    """
    if len(openids) > MOST:
        raise CommandError(f"at most {MOST} openids; for more, make a campaign", Exit.USAGE)
    body: dict[str, Any] = {
        "type": type_,
        "template_id": template_id,
        "data": _fields(data),
        "touser": [*openids],
        **_target(type_, page, appid, url),
    }
    if not yes:
        confirm(f"Send {template_id} to {openids[0] if len(openids) == 1 else f'{len(openids)} users'}?")
    answer = on.api.post("/messages", body, once=idempotency_key(key))
    _show(on, answer)
    return Exit.OK if all(one["status"] == "sent" for one in answer["results"]) else Exit.FAILED


def _target(type_: str, page: str | None, appid: str | None, url: str | None) -> dict[str, Any]:
    """Where a tap leads. An official message names the mini-program, and it may be another one."""
    if type_ != OFFICIAL and (appid or url):
        raise CommandError("--appid and --url are for --type official", Exit.USAGE)
    if type_ != OFFICIAL:
        return {} if page is None else {"page": page}
    if appid and page is None:
        raise CommandError("--appid needs --page", Exit.USAGE)
    link = {name: value for name, value in (("page", page), ("appid", appid)) if value is not None}
    return {**({"miniprogram": link} if link else {}), **({"url": url} if url else {})}


def _fields(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    fields = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise CommandError(f"--data takes FIELD=VALUE, not {one!r}", Exit.USAGE)
        if name in fields:
            raise CommandError(f"--data names {name} twice", Exit.USAGE)
        fields[name] = {"value": value}
    return fields


def _show(on: Context, answer: dict[str, Any]) -> None:
    if on.output.is_json:
        on.output.json(answer)
        return
    rows = [
        (one["openid"], one["status"], one.get("reason"), one.get("errcode"), one.get("errmsg"), _todo(one))
        for one in answer["results"]
    ]
    on.output.table(["openid", "status", "reason", "errcode", "errmsg", "what to do"], rows)


def _todo(result: dict[str, Any]) -> str:
    return "" if result["status"] == "sent" else advice(result)


COMMANDS = (send,)
