"""Users, as the API shows them and as `minipush import` takes them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from minipush_cli.csv_rows import guarded
from minipush_cli.errors import CommandError
from minipush_cli.exporting.folder import json_line
from minipush_cli.importing.sources import write_tags

Json = dict[str, Any]

# A long-term subscription has no id of its own: a user has one for each template.
LONG_TERM_ID = "export-long"
COLUMNS = (
    "openid",
    "form",
    "pay",
    "once",
    "long",
    "next_expiry",
    "opt_out",
    "quiet_hours",
    "last_seen",
    "tags",
    "messages",
)


def users_text(users: Sequence[Json], format_: str, *, has_head: bool) -> str:
    if format_ == "jsonl":
        return "".join(map(json_line, users))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if has_head:
        writer.writerow(COLUMNS)
    writer.writerows([guarded(cell) for cell in _row(user)] for user in users)
    return out.getvalue()


def importable_text(users: Iterable[Json]) -> str:
    """Lines for `minipush import`. The ids of formIds and prepay_ids are not in the API's answers."""
    return "".join(json_line(line) for user in users for line in _importable(user))


def _importable(user: Json) -> Iterator[Json]:
    """Accepts keep their ids, by which a deployment that has them already knows them again."""
    openid, permits = user["openid"], user["permits"]
    settings = {
        "tags": user["tags"] or None,
        "opt_out": user["opt_out"] or None,
        "quiet_hours": user.get("quiet_hours"),
    }
    given = {name: value for name, value in settings.items() if value is not None}
    if given:
        yield {"openid": openid, **given}
    for template_id, ids in _accept_ids(user).items():
        for id_ in ids:
            yield _accept(openid, template_id, id_)
    for template_id in permits["long"]:
        yield {**_accept(openid, template_id, LONG_TERM_ID), "long_term": True}


def _accept_ids(user: Json) -> dict[str, list[str]]:
    """Raises CommandError. An id that is made up instead would store the accept a second time."""
    if "accept_ids" not in user:
        raise CommandError("the deployment is older than this command line: it tells no ids of accepts")
    found: dict[str, list[str]] = user["accept_ids"]
    return found


def _accept(openid: str, template_id: str, id_: str) -> Json:
    return {"openid": openid, "template_id": template_id, "id": id_, "result": "accept"}


def _row(user: Json) -> list[Any]:
    permits, quiet = user["permits"], user.get("quiet_hours")
    return [
        user["openid"],
        permits["form"],
        permits["pay"],
        ";".join(f"{template_id}={count}" for template_id, count in permits["once"].items()),
        ";".join(permits["long"]),
        user["next_expiry"],
        "yes" if user["opt_out"] else "no",
        f"{quiet['from']}-{quiet['to']} {quiet['timezone']}" if quiet else "",
        user.get("last_seen"),
        write_tags(user["tags"]),
        len(user["messages"]),
    ]
