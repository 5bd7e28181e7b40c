"""Segments as items of the Campaigns table: see items.py. They are small, because each checkpoint writes one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import key
from minipush.adapters.dynamodb.campaigns.values import Item, attributes, compact, plain
from minipush.adapters.dynamodb.updates import Attributes
from minipush.domain.campaign_minutes import Minute, Minutes
from minipush.domain.campaigns import ErrorWindow, RefusalState, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Cause, Reason
from minipush.domain.statistics import Activity

# Any further causes count as the last of these.
MOST_CAUSES = 9
MINE = "#owner = :mine"
# The names in an item of what a RefusalState has.
REFUSAL_STATE = {
    "needs_check": "check_again",
    "usual_percent": "usual",
    "max_rate": "most",
    "checked": "checked",
    "refused_in_check": "again",
    "rate_reached": "rate",
}
# After all sort keys of a campaign's timeline.
TIMELINE_END = "timeline#~"


def segment_key(campaign_id: str, number: int) -> Item:
    return key(campaign_id, f"segment#{number:04}")


def progress(segment: Segment) -> Attributes:
    """The attributes that each save writes. The owner stays, and only a take changes the owners."""
    return attributes(
        {
            "cursor": segment.cursor,
            "counts": compact(asdict(segment.counts)),
            "settled_out_of_order": compact(sorted(segment.settled_out_of_order))
            if segment.settled_out_of_order
            else None,
            "pages": segment.pages,
            "done": segment.done,
            "recorded_until": segment.recorded_until or None,
            "minutes": _written_minutes(segment.minutes) if segment.minutes else None,
            "unreported": None if segment.unreported.is_empty else compact(_numbers(segment.unreported)),
            "refusal_state": _written_refusals(segment.refusal_state),
            "error_window": _written(segment.error_window) if segment.error_window else None,
        }
    )


def timeline_item(segment: Segment, minutes: Minutes, kept_until: int) -> Item:
    """The minutes of a span of one segment, for good."""
    where = key(segment.campaign_id, timeline_sk(minutes[0].span, segment.number))
    return {**where, "minutes": {"S": _written_minutes(minutes)}, "ttl": {"N": str(kept_until)}}


def timeline_sk(span: int, number: int) -> str:
    return f"timeline#{span:09}#{number:04}"


def read_timeline(item: Mapping[str, Mapping[str, Any]]) -> list[tuple[int, Minute]]:
    """The segment's number with each minute."""
    values = plain(item)
    number = int(values["sk"].rpartition("#")[2])
    return [(number, minute) for minute in _read_minutes(values["minutes"])]


def _written_minutes(minutes: Minutes) -> str:
    """The first minute, then each one as its distance from it, with its counts."""
    first = minutes[0].at
    return compact([first, *((at - first, *counts) for at, *counts in minutes)])


def _read_minutes(text: str) -> Minutes:
    first, *minutes = json.loads(text)
    return tuple(Minute(first + after, *counts) for after, *counts in minutes)


def _numbers(activity: Activity) -> dict[str, Any]:
    return {name: value for name, value in asdict(activity).items() if value}


def _written_refusals(state: RefusalState) -> str | None:
    if state == RefusalState():
        return None
    return compact({REFUSAL_STATE[name]: value for name, value in asdict(state).items()})


def _read_refusals(text: str) -> RefusalState:
    stored = json.loads(text)
    return RefusalState(**{name: stored[key] for name, key in REFUSAL_STATE.items() if key in stored})


def _written(window: ErrorWindow) -> str:
    """A digit for each message: 0, or the number of its cause. What WeChat said of it is left out."""
    causes = [*dict.fromkeys(cause for cause in window if cause)][:MOST_CAUSES]
    numbers = {cause: str(number) for number, cause in enumerate(causes, 1)}
    digits = "".join(numbers.get(cause, str(len(causes))) if cause else "0" for cause in window)
    return compact((digits, [(cause.reason, cause.errcode) for cause in causes]))


def _read(text: str) -> ErrorWindow:
    digits, causes = json.loads(text) if text else ("", ())
    read = [None, *(Cause(Reason(reason), errcode) for reason, errcode in causes)]
    return tuple(read[int(digit)] for digit in digits)


def handover(seen: Segment | None, owner: str) -> str:
    """The owners, once this one has taken the segment. An owner that wrote no page is left out."""
    if seen is None:
        return compact(((0, owner),))
    if seen.owner == owner:
        return compact(seen.owners)
    wrote = tuple((start, earlier) for start, earlier in seen.owners if start < seen.pages)
    return compact((*wrote, (seen.pages, owner)))


def read_segment(item: Mapping[str, Mapping[str, Any]]) -> Segment:
    values = plain(item)
    return Segment(
        campaign_id=values["campaign_id"],
        number=int(values["sk"].removeprefix("segment#")),
        owner=values["owner"],
        lease_until=values["lease_until"],
        cursor=values.get("cursor"),
        counts=Counts(**json.loads(values.get("counts", "{}"))),
        settled_out_of_order=frozenset(json.loads(values.get("settled_out_of_order", "[]"))),
        pages=values["pages"],
        owners=tuple((start, owner) for start, owner in json.loads(values["owners"])),
        done=values.get("done", False),
        refusal_state=_read_refusals(values.get("refusal_state", "{}")),
        error_window=_read(values.get("error_window", "")),
        recorded_until=values.get("recorded_until", 0),
        minutes=_read_minutes(values["minutes"]) if "minutes" in values else (),
        unreported=Activity(**json.loads(values.get("unreported", "{}"))),
    )


def as_seen(segment: Segment | None) -> tuple[str, Attributes]:
    """The condition that no other worker has taken the segment, and that its owner has written nothing since."""
    if segment is None:
        return "attribute_not_exists(#owner)", {}
    unchanged = f"{MINE} AND #lease_until = :seen_until AND #pages = :seen_pages"
    return unchanged, attributes(
        {"mine": segment.owner, "seen_until": segment.lease_until, "seen_pages": segment.pages}
    )
