"""Segments as items of the Campaigns table: see items.py. They are small, because each checkpoint writes one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import key
from minipush.adapters.dynamodb.campaigns.values import Item, attributes, compact, plain
from minipush.adapters.dynamodb.updates import Attributes
from minipush.domain.campaigns import ErrorWindow, RefusalState, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Cause, Reason

# Any further causes count as the last of these.
MOST_CAUSES = 9
MINE = "#owner = :mine"


def segment_key(campaign_id: str, number: int) -> Item:
    return key(campaign_id, f"segment#{number:04}")


def progress(segment: Segment) -> Attributes:
    """The attributes that a save writes. The owner stays, and only a take changes the owners."""
    return attributes(
        {
            "lease_until": segment.lease_until,
            "cursor": segment.cursor,
            "counts": compact(asdict(segment.counts)),
            "settled_out_of_order": compact(sorted(segment.settled_out_of_order))
            if segment.settled_out_of_order
            else None,
            "pages": segment.pages,
            "done": segment.done,
            "recorded_until": segment.recorded_until or None,
            "recent": compact(segment.recent) if segment.recent else None,
            "refusal_state": compact(asdict(segment.refusal_state))
            if segment.refusal_state != RefusalState()
            else None,
            "error_window": _written(segment.error_window) if segment.error_window else None,
        }
    )


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
        refusal_state=RefusalState(**json.loads(values.get("refusal_state", "{}"))),
        error_window=_read(values.get("error_window", "")),
        recorded_until=values.get("recorded_until", 0),
        recent=tuple((minute, count) for minute, count in json.loads(values.get("recent", "[]"))),
    )


def as_seen(segment: Segment | None) -> tuple[str, Attributes]:
    """The condition that no other worker has taken the segment, and that its owner has written nothing since."""
    if segment is None:
        return "attribute_not_exists(#owner)", {}
    unchanged = f"{MINE} AND #lease_until = :seen_until AND #pages = :seen_pages"
    return unchanged, attributes(
        {"mine": segment.owner, "seen_until": segment.lease_until, "seen_pages": segment.pages}
    )
