"""`pool` and `stats`: how many users can be reached, and what has been sent."""

from datetime import datetime, timedelta, timezone
from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.output import say
from minipush_cli.texts import instant, number

STATS_COLUMNS = (
    "collected",
    "spent",
    "expired",
    "sent",
    "failed",
    "skipped",
    "unknown",
    "reachable_users",
    "permits",
)


@command("pool", example="minipush pool --at 2026-11-21T20:00:00+08:00")
@click.option(
    "--at", metavar="INSTANT", help="The time for which a message is planned, with its offset from UTC."
)
@click.pass_obj
def pool(on: Context, at: str | None) -> None:
    """Show how many users can be reached, now and at a planned time."""
    measured = on.api.get("/pool", {"at": at})
    if on.output.is_json:
        on.output.json(measured)
        return
    if not measured["measured_at"]:
        say("The pool has not been measured yet: the first sweep has not run.")
    _show_pool(on, measured)


@command("stats", example="minipush stats --days 2 --by hour")
@click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True)
@click.option("--by", type=click.Choice(["hour", "day"]), default="day", show_default=True)
@click.pass_obj
def stats(on: Context, days: int, by: str) -> None:
    """Show what was collected, spent and sent, by the day or hour (UTC)."""
    now = datetime.now(timezone.utc)
    first = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    answer = on.api.get("/stats", {"from": _iso(first), "to": _iso(now), "step": by})
    if on.output.is_json:
        on.output.json(answer)
        return
    heads = [by, *(f"#{name.replace('_', ' ')}" for name in STATS_COLUMNS)]
    rows = [
        (
            one["at"][: 10 if by == "day" else 16].replace("T", " "),
            *(number(one.get(name)) for name in STATS_COLUMNS),
        )
        for one in answer["items"]
    ]
    on.output.table(heads, rows)


def _show_pool(on: Context, measured: dict[str, Any]) -> None:
    on.output.pairs(
        [
            ("reachable users", number(measured["reachable_users"])),
            ("permits", number(measured["permits"])),
            ("measured at", instant(measured["measured_at"])),
            ("forecast for", instant(measured.get("at"))),
        ]
    )
    heads = ["template", "#reachable now", "#reachable then", "#permits", "#gone by then"]
    rows = [
        (
            one["template_id"] or "formIds, prepay_ids",
            *(number(one[name]) for name in ("reachable_now", "reachable_then", "permits", "permits_gone")),
        )
        for one in measured.get("templates", [])
    ]
    if rows:
        on.output.blank()
        on.output.table(heads, rows)
    if measured["expiring"]:
        on.output.blank()
        on.output.table(
            ["expires on (UTC)", "#permits"],
            [(one["day"], number(one["permits"])) for one in measured["expiring"]],
        )


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


COMMANDS = (pool, stats)
