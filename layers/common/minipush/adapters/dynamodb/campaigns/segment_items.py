"""Segments as items of the Campaigns table: see campaign_items. They are small, since every page writes one."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import Attributes, Item, attributes, compact, key, plain
from minipush.domain.campaigns import Counts, RefusalState, Segment


def segment_key(campaign_id: str, number: int) -> Item:
    return key(campaign_id, f"segment#{number:04}")


def progress(segment: Segment) -> Attributes:
    """What a save writes: the carrier is who it is, and the carriers are written by a take."""
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
            "refusal_state": compact(asdict(segment.refusal_state))
            if segment.refusal_state != RefusalState()
            else None,
        }
    )


def handover(seen: Segment | None, owner: str) -> str:
    """The carriers, once this one has taken the segment. Who wrote no page leaves no trace."""
    if seen is None:
        return compact(((0, owner),))
    if seen.owner == owner:
        return compact(seen.owners)
    wrote = tuple((start, earlier) for start, earlier in seen.owners if start < seen.pages)
    return compact((*wrote, (seen.pages, owner)))


def read_segment(item: Mapping[str, Mapping[str, Any]]) -> Segment:
    kept = plain(item)
    return Segment(
        campaign_id=kept["campaign_id"],
        number=int(kept["sk"].removeprefix("segment#")),
        owner=kept["owner"],
        lease_until=kept["lease_until"],
        cursor=kept.get("cursor"),
        counts=Counts(**json.loads(kept.get("counts", "{}"))),
        settled_out_of_order=frozenset(json.loads(kept.get("settled_out_of_order", "[]"))),
        pages=kept["pages"],
        owners=tuple((start, owner) for start, owner in json.loads(kept["owners"])),
        done=kept.get("done", False),
        refusal_state=RefusalState(**json.loads(kept.get("refusal_state", "{}"))),
    )
