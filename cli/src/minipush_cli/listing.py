"""Lists that end at --limit, and say so when there is more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from minipush_cli.output import Output, say

if TYPE_CHECKING:
    from minipush_cli.api import Api

MOST_IN_A_PAGE = 100

Json = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """`next_cursor`: as the API gives it; None at the end of the list."""

    items: list[Json]
    next_cursor: str | None


cursor_option = click.option("--cursor", metavar="CURSOR", help="Go on where a list ended: its next_cursor.")


def limit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    limit = click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
    return limit(cursor_option(function))


def first(
    api: "Api",
    path: str,
    query: Mapping[str, Any],
    limit: int,
    cursor: str | None = None,
    *,
    page: int = MOST_IN_A_PAGE,
) -> Listed:
    """Pages that end where `limit` does, so that the cursor of the last one goes on there."""
    items: list[Json] = []
    while len(items) < limit:
        asked = {**query, "limit": min(limit - len(items), page), "cursor": cursor}
        answer = api.get(path, asked)
        items, cursor = items + answer["items"], answer["next_cursor"]
        if not cursor:
            break
    return Listed(items, cursor)


def show_listed(output: Output, listed: Listed, show: Callable[[list[Json]], None]) -> None:
    if output.is_json:
        output.json({"items": listed.items, "next_cursor": listed.next_cursor})
        return
    show(listed.items)
    if listed.next_cursor:
        say(f"There are more. Give a larger --limit, or go on with: --cursor {listed.next_cursor}")
