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
            "place": segment.place,
            "counts": compact(asdict(segment.counts)),
            "ahead": compact(sorted(segment.ahead)) if segment.ahead else None,
            "pages": segment.pages,
            "done": segment.done,
            "caution": compact(asdict(segment.caution)) if segment.caution != RefusalState() else None,
        }
    )


def handover(seen: Segment | None, carrier: str) -> str:
    """The carriers, once this one has taken the segment. Who wrote no page leaves no trace."""
    if seen is None:
        return compact(((0, carrier),))
    if seen.carrier == carrier:
        return compact(seen.carriers)
    wrote = tuple((start, earlier) for start, earlier in seen.carriers if start < seen.pages)
    return compact((*wrote, (seen.pages, carrier)))


def read_segment(item: Mapping[str, Mapping[str, Any]]) -> Segment:
    kept = plain(item)
    return Segment(
        campaign_id=kept["campaign_id"],
        number=int(kept["sk"].removeprefix("segment#")),
        carrier=kept["carrier"],
        lease_until=kept["lease_until"],
        place=kept.get("place"),
        counts=Counts(**json.loads(kept.get("counts", "{}"))),
        ahead=frozenset(json.loads(kept.get("ahead", "[]"))),
        pages=kept["pages"],
        carriers=tuple((start, carrier) for start, carrier in json.loads(kept["carriers"])),
        done=kept.get("done", False),
        caution=RefusalState(**json.loads(kept.get("caution", "{}"))),
    )
