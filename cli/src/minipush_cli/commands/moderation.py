"""`complaints`, `appeals` and `sanctions`: what is decided about the message centre's apps."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any
from urllib.parse import quote

import click

from minipush_cli.command import command
from minipush_cli.commands.apps import APPID, app_path, appid_argument
from minipush_cli.context import Context
from minipush_cli.output import confirm, say
from minipush_cli.texts import instant

ID = f"0rnvmkbbt4k6rfjg8e4a-{APPID}"
CATEGORIES = ("annoying", "advert", "misleading", "impersonation", "fraud", "illegal")
STATUSES = ("open", "upheld", "rejected", "all")
VERDICTS = ("upheld", "rejected")

Json = dict[str, Any]

verdict_argument = click.argument("verdict", type=click.Choice(VERDICTS))
note_option = click.option("--note", required=True, metavar="TEXT", help="Why. It stays in the app's record.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def list_options(function: Callable[..., Any]) -> Callable[..., Any]:
    status = click.option("--status", type=click.Choice(STATUSES), default="open", show_default=True)
    limit = click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
    return status(limit(function))


@command("list", example="minipush complaints list")
@list_options
@click.pass_obj
def list_complaints(on: Context, status: str, limit: int) -> None:
    """List complaints of users, the newest first."""
    found = _found(on, "/centre/complaints", status, limit)
    if on.output.is_json:
        on.output.json_list(found)
        return
    heads = ["id", "at", "category", "status", "#points", "the user says", "the message"]
    on.output.table(heads, map(_complaint, found))


@command("decide", example=f"minipush complaints decide {ID} upheld --note 'no such prize'")
@click.argument("complaint_id", metavar="ID")
@verdict_argument
@click.option("--category", type=click.Choice(CATEGORIES), help="Where the user's is not the right one.")
@note_option
@click.pass_obj
def decide_complaint(on: Context, complaint_id: str, verdict: str, category: str | None, note: str) -> None:
    """Decide a complaint, once. An upheld one costs the app points, which may lead to a sanction."""
    body = {"verdict": verdict, "note": note, **({"category": category} if category else {})}
    decided = on.api.post(_decision("complaints", complaint_id), body)
    if on.output.is_json:
        on.output.json(decided)
        return
    on.output.pairs([("status", decided["status"]), ("points", decided.get("points"))])
    if decided["sanction"]:
        _show_sanction(on, decided["sanction"])


@command("list", example="minipush appeals list")
@list_options
@click.pass_obj
def list_appeals(on: Context, status: str, limit: int) -> None:
    """List appeals of apps against sanctions."""
    found = _found(on, "/centre/appeals", status, limit)
    if on.output.is_json:
        on.output.json_list(found)
        return
    on.output.table(["id", "at", "status", "sanction", "by", "rule", "the app says"], map(_appeal, found))


@command("decide", example=f"minipush appeals decide {ID} rejected --note 'seen by three users'")
@click.argument("appeal_id", metavar="ID")
@verdict_argument
@note_option
@click.pass_obj
def decide_appeal(on: Context, appeal_id: str, verdict: str, note: str) -> None:
    """Decide an appeal, once. An upheld one ends the sanction. Another key than the sanction's must decide."""
    decided = on.api.post(_decision("appeals", appeal_id), {"verdict": verdict, "note": note})
    if on.output.is_json:
        on.output.json(decided)
        return
    on.output.pairs([("status", decided["status"])])
    _show_sanction(on, decided["sanction"])


@command(
    "add",
    example=f"minipush sanctions add {APPID} ban --until 2027-01-31T00:00:00Z --rule flood --note '300 an hour'",
)
@appid_argument
@click.argument("kind", type=click.Choice(("notice", "strong_off", "ban")))
@click.option("--until", metavar="INSTANT", help="In ISO 8601; otherwise for good.")
@click.option("--rule", required=True, metavar="NAME", help="The rule's name. The app sees it.")
@note_option
@yes_option
@click.pass_obj
def add_sanction(
    on: Context, /, appid: str, kind: str, until: str | None, rule: str, note: str, yes: bool
) -> None:
    """Sanction an app without a complaint."""
    if not yes:
        confirm(f"{kind} for {appid} {f'until {until}' if until else 'for good'}?")
    body = {"kind": kind, "rule": rule, "note": note, **({"until": until} if until else {})}
    _answer(on, on.api.post(f"{app_path(appid)}/sanctions", body))


@command("lift", example=f"minipush sanctions lift {ID} --note 'the app has mended it'")
@click.argument("sanction_id", metavar="ID")
@note_option
@click.pass_obj
def lift_sanction(on: Context, sanction_id: str, note: str) -> None:
    """End a sanction. The points stay."""
    _answer(on, on.api.post(f"/centre/sanctions/{quote(sanction_id, safe='')}/lift", {"note": note}))


def _found(on: Context, path: str, status: str, limit: int) -> Iterable[Json]:
    query = {} if status == "all" else {"status": status}
    return islice(on.api.items(path, query, page=min(limit, 100)), limit)


def _decision(subject: str, id_: str) -> str:
    return f"/centre/{subject}/{quote(id_, safe='')}/decision"


def _complaint(one: Json) -> tuple[Any, ...]:
    message = one["message"]
    text = " ".join(
        filter(None, (message["title"], message.get("markdown") or message["body"], message.get("url")))
    )
    return (
        one["id"],
        instant(one["at"]),
        one.get("upheld_as") or one["category"],
        one["status"],
        one.get("points"),
        one.get("text"),
        text,
    )


def _appeal(one: Json) -> tuple[Any, ...]:
    sanction = one["sanction"]
    return (
        one["id"],
        instant(one["at"]),
        one["status"],
        f"{sanction['kind']} until {instant(sanction['until'])}" if sanction["until"] else sanction["kind"],
        sanction["by"],
        sanction["rule"],
        one["text"],
    )


def _answer(on: Context, sanction: Json) -> None:
    if on.output.is_json:
        on.output.json(sanction)
    else:
        _show_sanction(on, sanction)


def _show_sanction(on: Context, sanction: Json) -> None:
    lifted = sanction.get("lifted")
    on.output.pairs(
        [
            ("sanction", sanction["id"]),
            ("kind", sanction["kind"]),
            ("until", instant(sanction["until"]) if sanction["until"] else "for good"),
            ("rule", sanction["rule"]),
            ("lifted", lifted and f"{instant(lifted['at'])} by {lifted['by']}"),
        ]
    )
    if not lifted:
        say("The app may appeal within 30 days. Another operator key than yours has to decide.")


COMPLAINTS = (list_complaints, decide_complaint)
APPEALS = (list_appeals, decide_appeal)
SANCTIONS = (add_sanction, lift_sanction)
