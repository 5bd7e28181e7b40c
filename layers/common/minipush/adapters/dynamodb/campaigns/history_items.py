"""A campaign's history, as a list in its item: see items.py. One write has a step and its entry."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.campaigns.values import compact, plain
from minipush.domain.campaign_history import Happened, HistoryEntry
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Reason

HISTORY = "history"
# Workers read the item several times a second, so it stays small. The first entry is never left out.
MOST_ENTRIES = 40


def written(entries: Iterable[HistoryEntry]) -> dict[str, Any]:
    """The attribute."""
    given = ({name: value for name, value in asdict(entry).items() if value is not None} for entry in entries)
    return {"L": [{"S": compact(entry)} for entry in given]}


def read_history(item: Mapping[str, Mapping[str, Any]]) -> list[HistoryEntry]:
    return [_entry(json.loads(text)) for text in plain(item).get(HISTORY, [])]


def is_too_long(item: Mapping[str, Any]) -> bool:
    return len(item.get(HISTORY, {}).get("L", ())) > MOST_ENTRIES


def without_second_entry() -> dict[str, Any]:
    """The arguments of the update that removes it, if there are too many."""
    return {
        "UpdateExpression": "REMOVE #history[1]",
        "ConditionExpression": "size(#history) > :most",
        "ExpressionAttributeNames": {"#history": HISTORY},
        "ExpressionAttributeValues": {":most": {"N": str(MOST_ENTRIES)}},
    }


def _entry(fields: Mapping[str, Any]) -> HistoryEntry:
    reason = fields.get("reason")
    return HistoryEntry(
        fields["at"],
        Happened(fields["event"]),
        CampaignStatus(fields["status"]),
        fields.get("by"),
        None if reason is None else Reason(reason),
    )
