"""`complaints`, `appeals` and `sanctions`: what is decided about the message centre's apps."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import click

from minipush_cli.command import command
from minipush_cli.commands.apps import APPID, app_path, appid_argument, sanction_text
from minipush_cli.context import Context
from minipush_cli.errors import before_a_repeat
from minipush_cli.listing import Listed, first, limit_options, show_listed
from minipush_cli.output import confirm, say
from minipush_cli.texts import instant

ID = f"0rnvmkbbt4k6rfjg8e4a-{APPID}"
CATEGORIES = ("annoying", "advert", "misleading", "impersonation", "fraud", "illegal")
STATUSES = ("open", "upheld", "rejected", "all")
VERDICTS = ("upheld", "rejected")

WITHOUT_UNTIL = {"notice": "for 180 days", "strong_off": "for good", "ban": "for good"}
MAY_APPEAL = "The app may appeal within 30 days. Another operator key than yours has to decide."
AFTER_APPEAL = {
    "upheld": "The sanction has ended, and its points are taken back.",
    "rejected": "The sanction stays as it is. An app appeals once, so this is final.",
}

Json = dict[str, Any]

verdict_argument = click.argument("verdict", type=click.Choice(VERDICTS))
note_option = click.option("--note", required=True, metavar="TEXT", help="Why. It stays in the app's record.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def list_options(function: Callable[..., Any]) -> Callable[..., Any]:
    status = click.option("--status", type=click.Choice(STATUSES), default="open", show_default=True)
    return status(limit_options(function))


@command("list", example="minipush complaints list")
@list_options
@click.pass_obj
def list_complaints(on: Context, status: str, limit: int, cursor: str | None) -> None:
    """List complaints of users, the newest first, with all texts of the message."""
    found = _found(on, "/centre/complaints", status, limit, cursor)
    show_listed(on.output, found, lambda items: _show_cases(on, map(_complaint, items)))


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
        say(MAY_APPEAL)


@command("list", example="minipush appeals list")
@list_options
@click.pass_obj
def list_appeals(on: Context, status: str, limit: int, cursor: str | None) -> None:
    """List appeals of apps against sanctions."""
    found = _found(on, "/centre/appeals", status, limit, cursor)
    show_listed(on.output, found, lambda items: _show_cases(on, map(_appeal, items)))


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
    _show_sanction(on, decided["sanction"], is_over=decided["status"] == "upheld")
    say(AFTER_APPEAL[decided["status"]])


@command(
    "add",
    example=f"minipush sanctions add {APPID} ban --until 2027-01-31T00:00:00Z --rule flood --note '300 an hour'",
)
@appid_argument
@click.argument("kind", type=click.Choice([*WITHOUT_UNTIL]))
@click.option(
    "--until", metavar="INSTANT", help="In ISO 8601; otherwise for good, and a notice for 180 days."
)
@click.option("--rule", required=True, metavar="NAME", help="The rule's name. The app sees it.")
@note_option
@yes_option
@click.pass_obj
def add_sanction(
    on: Context, /, appid: str, kind: str, until: str | None, rule: str, note: str, yes: bool
) -> None:
    """Sanction an app without a complaint.

    A notice changes nothing: the app sees it. strong_off: strong messages remind nobody. A ban refuses all pushes.
    """
    if not yes:
        confirm(f"{kind} for {appid} {f'until {until}' if until else WITHOUT_UNTIL[kind]}?")
    body = {"kind": kind, "rule": rule, "note": note, **({"until": until} if until else {})}
    with before_a_repeat(
        f"A repeat adds a second sanction. See whether it took effect: minipush apps show {appid}"
    ):
        sanction = on.api.post(f"{app_path(appid)}/sanctions", body)
    _answer(on, sanction)
    if not on.output.is_json:
        say(MAY_APPEAL)


@command("lift", example=f"minipush sanctions lift {ID} --note 'the app has mended it'")
@click.argument("sanction_id", metavar="ID")
@note_option
@click.pass_obj
def lift_sanction(on: Context, sanction_id: str, note: str) -> None:
    """End a sanction. The points stay."""
    _answer(on, on.api.post(f"/centre/sanctions/{quote(sanction_id, safe='')}/lift", {"note": note}))


def _found(on: Context, path: str, status: str, limit: int, cursor: str | None) -> Listed:
    return first(on.api, path, {} if status == "all" else {"status": status}, limit, cursor)


def _decision(subject: str, id_: str) -> str:
    return f"/centre/{subject}/{quote(id_, safe='')}/decision"


def _show_cases(on: Context, cases: Iterator[list[tuple[str, Any]]]) -> None:
    """One below the other: an operator decides on texts, for which the columns of a terminal are too narrow."""
    for position, case in enumerate(cases):
        if position:
            click.echo()
        on.output.pairs(case)


def _complaint(one: Json) -> list[tuple[str, Any]]:
    return [
        ("id", one["id"]),
        ("at", instant(one["at"])),
        ("category", one.get("upheld_as") or one["category"]),
        ("status", one["status"]),
        ("points", one.get("points")),
        ("the user says", one.get("text")),
        *one["message"].items(),
    ]


def _appeal(one: Json) -> list[tuple[str, Any]]:
    sanction = one["sanction"]
    return [
        ("id", one["id"]),
        ("at", instant(one["at"])),
        ("status", one["status"]),
        ("sanction", sanction_text(sanction)),
        ("by", sanction["by"]),
        ("its note", sanction["note"]),
        ("the app says", one["text"]),
    ]


def _answer(on: Context, sanction: Json) -> None:
    if on.output.is_json:
        on.output.json(sanction)
    else:
        _show_sanction(on, sanction)


def _show_sanction(on: Context, sanction: Json, *, is_over: bool = False) -> None:
    """`is_over`: an appeal ended it, which the sanction itself does not tell."""
    lifted = sanction.get("lifted")
    until = instant(sanction["until"]) if sanction["until"] else "for good"
    on.output.pairs(
        [
            ("sanction", sanction["id"]),
            ("kind", sanction["kind"]),
            ("until", None if is_over or lifted else until),
            ("rule", sanction["rule"]),
            ("lifted", lifted and f"{instant(lifted['at'])} by {lifted['by']}"),
        ]
    )


COMPLAINTS = (list_complaints, decide_complaint)
APPEALS = (list_appeals, decide_appeal)
SANCTIONS = (add_sanction, lift_sanction)
