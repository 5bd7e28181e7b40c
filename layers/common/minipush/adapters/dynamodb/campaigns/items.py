"""The items of the Campaigns table, one partition per campaign.

    sk                           item
    !meta                        the campaign; the only item in the indexes Newest, by `listed` and `created`,
                                 and ByStatus, by `status` and `created`
    segment#0000                 a segment's progress: see segment_items.py
    slice#0000                   some openids of a named audience that is too long for !meta
    correction#<openid>          what WeChat said later of a message: see correction_items.py; !meta has their numbers

Values that are never read alone are stored together as compact JSON. Times are in ms; `ttl` is in seconds.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, replace
from itertools import batched
from typing import Any

from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import Attributes
from minipush.application.ports.campaigns import INLINE
from minipush.domain.campaigns import (
    SLICE,
    Audience,
    AudienceType,
    Campaign,
    CampaignStatus,
    FrequencyCap,
    Plan,
)
from minipush.domain.counts import CorrectionCounts
from minipush.domain.messages import Cause, Message, MessageType, Reason, Status

META = "!meta"
LISTED = "campaign"
DAY_MS = 24 * 60 * 60 * 1000
# The numbers of corrections in !meta: delivery failures by status in the report and by reason, and arrivals.
FAILED, FAILED_BECAUSE, CONFIRMED = "delivery_failed_", "delivery_failed_because_", "delivery_confirmed"

type Item = dict[str, dict[str, Any]]
type Value = str | int | None


def key(campaign_id: str, sk: str) -> Item:
    return {"campaign_id": {"S": campaign_id}, "sk": {"S": sk}}


def attributes(values: Mapping[str, Value]) -> Attributes:
    return {name: _attribute(value) for name, value in values.items()}


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def ttl(now: int, days: int) -> int:
    return ttl_seconds(now + days * DAY_MS)


# ---- campaigns


def campaign_item(campaign: Campaign, days: int) -> Item:
    fields = attributes(
        {
            "listed": LISTED,
            "created": created(campaign),
            "status": campaign.status,
            "plan": compact(_plan_value(shortened(campaign).plan)),
            "segments": campaign.segments,
            "segments_at_once": campaign.segments_at_once,
            "created_at": campaign.created_at,
            "changed_at": campaign.changed_at,
            "started_at": campaign.started_at,
            "finished_at": campaign.finished_at,
            "reason": campaign.reason,
            "errcode": campaign.errcode,
            "errmsg": campaign.errmsg,
            "rid": campaign.rid,
            "ttl": campaign_ttl(campaign, days),
        }
    )
    return key(campaign.id, META) | given(fields)


def read_campaign(
    item: Mapping[str, Mapping[str, Any]], message_type: Callable[[str], MessageType]
) -> Campaign:
    values = plain(item)
    return Campaign(
        id=values["campaign_id"],
        plan=_read_plan(json.loads(values["plan"]), message_type),
        segments=values["segments"],
        status=CampaignStatus(values["status"]),
        created_at=values["created_at"],
        changed_at=values["changed_at"],
        started_at=values.get("started_at"),
        finished_at=values.get("finished_at"),
        reason=Reason(values["reason"]) if "reason" in values else None,
        errcode=values.get("errcode"),
        errmsg=values.get("errmsg"),
        rid=values.get("rid"),
        corrections=_read_correction_counts(values),
        segments_at_once=values.get("segments_at_once"),
    )


def _read_correction_counts(values: Mapping[str, Any]) -> CorrectionCounts:
    because = [name for name in values if name.startswith(FAILED_BECAUSE)]
    return CorrectionCounts(
        values.get(FAILED + Status.SENT, 0),
        values.get(FAILED + Status.UNKNOWN, 0),
        {name.removeprefix(FAILED_BECAUSE): values[name] for name in because},
        values.get(CONFIRMED, 0),
    )


def created(campaign: Campaign) -> str:
    """The sort key of both indexes: the time of creation, and the id for campaigns of the same millisecond."""
    return f"{campaign.created_at:015}#{campaign.id}"


def position(created: str, status: str | None) -> Item:
    """A campaign's key in the index Newest, or for a status in ByStatus."""
    campaign_id = created.partition("#")[2]
    of_index = {"listed": {"S": LISTED}} if status is None else {"status": {"S": status}}
    return key(campaign_id, META) | of_index | {"created": {"S": created}}


def step_changes(to: CampaignStatus, now: int, cause: Cause | None) -> Attributes:
    """A step is published, unless it is to running. Its cause replaces the last step's."""
    unpublished = None if to is CampaignStatus.RUNNING else to
    changes: dict[str, Value] = {"status": to, "changed_at": now, "unpublished": unpublished}
    changes |= asdict(cause) if cause else dict.fromkeys(each.name for each in fields(Cause))
    return attributes(changes | ({"finished_at": now} if to.is_final else {}))


def status_in(statuses: Iterable[CampaignStatus]) -> tuple[str, Attributes]:
    """A condition, and the values of its placeholders."""
    marked = {f"s{n}": status for n, status in enumerate(sorted(statuses))}
    return f"#status IN ({', '.join(f':{mark}' for mark in marked)})", attributes(marked)


def standing(statuses: Iterable[CampaignStatus], because: Reason | None) -> tuple[str, Attributes]:
    """As status_in; with `because`, also that this is the campaign's reason."""
    condition, compared = status_in(statuses)
    if because is None:
        return condition, compared
    return f"{condition} AND #reason = :because", {**compared, **attributes({"because": because})}


def shortened(campaign: Campaign) -> Campaign:
    """The campaign as it is read: without the openids of a long audience."""
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
    """From the planned time on: it may lie further ahead than campaigns are kept."""
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
