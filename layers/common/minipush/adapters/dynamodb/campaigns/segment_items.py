"""Segments as items of the Campaigns table: see items.py. They are small, because each checkpoint writes one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import Item, attributes, compact, key, plain
from minipush.adapters.dynamodb.updates import Attributes
from minipush.domain.campaigns import RefusalState, Segment
from minipush.domain.counts import Counts


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
            "refusal_state": compact(asdict(segment.refusal_state))
            if segment.refusal_state != RefusalState()
            else None,
        }
    )


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
        recorded_until=values.get("recorded_until", 0),
    )
