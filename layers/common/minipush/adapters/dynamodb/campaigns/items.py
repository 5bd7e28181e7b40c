"""How campaigns lie in the Campaigns table, one partition a campaign.

    sk              what
    !meta           the campaign; alone in the index Newest, by `listed` and `created`
    segment#0000    how far a segment has been carried: see segment_items
    slice#0000      some openids of a named audience that is too long for !meta
    delivery_failure#<openid>    a message that WeChat took and could not deliver: see undelivered_items; !meta has how many there are

What is never asked for by itself lies together as compact JSON. Instants are in ms; `ttl` is in seconds.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from itertools import batched
from typing import Any

from minipush.application.ports.campaigns import INLINE
from minipush.domain.campaigns import (
    SLICE,
    Audience,
    AudienceType,
    Campaign,
    CampaignStatus,
    DeliveryFailureCounts,
    FrequencyCap,
    Plan,
)
from minipush.domain.messages import Message, MessageType, Reason, Status

META = "!meta"
LISTED = "campaign"
DAY_MS = 24 * 60 * 60 * 1000
# How many there were of what could not be delivered, in !meta: by what the report says, and by reason.
LATE, LATE_BECAUSE = "delivery_failed_", "delivery_failed_because_"

type Item = dict[str, dict[str, Any]]
type Attributes = dict[str, dict[str, Any] | None]
type Value = str | int | None


def key(campaign_id: str, sk: str) -> Item:
    return {"campaign_id": {"S": campaign_id}, "sk": {"S": sk}}


def attributes(values: Mapping[str, Value]) -> Attributes:
    return {name: _attribute(value) for name, value in values.items()}


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def ttl(now: int, days: int) -> int:
    return -(-(now + days * DAY_MS) // 1000)


# ---- campaigns


def campaign_item(campaign: Campaign, days: int) -> Item:
    fields = attributes(
        {
            "listed": LISTED,
            "created": created(campaign),
            "status": campaign.status,
            "plan": compact(_plan_value(shortened(campaign).plan)),
            "segments": campaign.segments,
            "created_at": campaign.created_at,
            "changed_at": campaign.changed_at,
            "started_at": campaign.started_at,
            "finished_at": campaign.finished_at,
            "reason": campaign.reason,
            "errcode": campaign.errcode,
            "ttl": campaign_ttl(campaign, days),
        }
    )
    return key(campaign.id, META) | given(fields)


def read_campaign(
    item: Mapping[str, Mapping[str, Any]], message_type: Callable[[str], MessageType]
) -> Campaign:
    kept = plain(item)
    return Campaign(
        id=kept["campaign_id"],
        plan=_read_plan(json.loads(kept["plan"]), message_type),
        segments=kept["segments"],
        status=CampaignStatus(kept["status"]),
        created_at=kept["created_at"],
        changed_at=kept["changed_at"],
        started_at=kept.get("started_at"),
        finished_at=kept.get("finished_at"),
        reason=Reason(kept["reason"]) if "reason" in kept else None,
        errcode=kept.get("errcode"),
        delivery_failures=_read_delivery_failure_counts(kept),
    )


def _read_delivery_failure_counts(kept: Mapping[str, Any]) -> DeliveryFailureCounts:
    because = [name for name in kept if name.startswith(LATE_BECAUSE)]
    return DeliveryFailureCounts(
        kept.get(LATE + Status.SENT, 0),
        kept.get(LATE + Status.UNKNOWN, 0),
        {name.removeprefix(LATE_BECAUSE): kept[name] for name in because},
    )


def created(campaign: Campaign) -> str:
    """Sorts by creation; the id tells apart what was created in the same millisecond."""
    return f"{campaign.created_at:015}#{campaign.id}"


def position(created: str) -> Item:
    """Where a campaign stands in the index."""
    campaign_id = created.partition("#")[2]
    return key(campaign_id, META) | {"listed": {"S": LISTED}, "created": {"S": created}}


def step_changes(to: CampaignStatus, now: int) -> Attributes:
    """Only that it runs is no news."""
    campaign_events = None if to is CampaignStatus.RUNNING else to
    changes: dict[str, Value] = {"status": to, "changed_at": now, "unpublished": campaign_events}
    return attributes(changes | ({"finished_at": now} if to.is_final else {}))


def among(statuses: Iterable[CampaignStatus]) -> tuple[str, Attributes]:
    """A condition, and what its marks stand for."""
    marked = {f"s{n}": status for n, status in enumerate(sorted(statuses))}
    return f"#status IN ({', '.join(f':{mark}' for mark in marked)})", attributes(marked)


def shortened(campaign: Campaign) -> Campaign:
    """As it is read: without the openids of a long audience."""
    audience = campaign.plan.audience
    if len(audience.openids) <= INLINE:
        return campaign
    without = replace(audience, openids=(), left_out=len(audience.openids))
    return replace(campaign, plan=replace(campaign.plan, audience=without))


def slice_items(campaign: Campaign, days: int) -> list[Item]:
    openids = campaign.plan.audience.openids
    if len(openids) <= INLINE:
        return []
    until = {"ttl": {"N": str(campaign_ttl(campaign, days))}}
    return [
        key(campaign.id, f"slice#{number:04}") | {"openids": {"S": compact(part)}} | until
        for number, part in enumerate(batched(openids, SLICE, strict=False))
    ]


def read_slice(item: Mapping[str, Mapping[str, Any]]) -> list[str]:
    openids: list[str] = json.loads(item["openids"]["S"])
    return openids


def campaign_ttl(campaign: Campaign, days: int) -> int:
    """Counted from when it is due: the plan may lie further ahead than campaigns are kept."""
    return ttl(max(campaign.created_at, campaign.plan.at or 0), days)


def _plan_value(plan: Plan) -> dict[str, Any]:
    value = asdict(plan)
    value["message"]["type"] = plan.message.type.name
    return value


def _read_plan(plan: dict[str, Any], message_type: Callable[[str], MessageType]) -> Plan:
    message, audience, cap = plan["message"], plan["audience"], plan["frequency_cap"]
    return Plan(
        **plan
        | {
            "message": Message(**message | {"type": message_type(message["type"])}),
            "audience": Audience(
                AudienceType(audience["type"]),
                tuple(audience["openids"]),
                audience["tag"],
                audience["within_hours"],
                audience["left_out"],
            ),
            "frequency_cap": FrequencyCap(**cap) if cap else None,
        }
    )


# ---- values


def _attribute(value: Value) -> dict[str, Any] | None:
    match value:
        case None:
            return None
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": str(value)}


def _value(attribute: Mapping[str, Any]) -> str | int | bool:
    match attribute:
        case {"N": digits}:
            return int(digits)
        case {"BOOL": bool(truth)}:
            return truth
        case _:
            return str(attribute["S"])


def given(fields: Attributes) -> Item:
    return {name: value for name, value in fields.items() if value}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
