"""The items of the Campaigns table, one partition per campaign.

    sk                           item
    !meta                        the campaign; the only item in the indexes Newest, by `listed` and `created`,
                                 and ByStatus, by `status` and `created`
    segment#0000                 a segment's progress: see segment_items.py
    slice#0000                   some openids of a named audience that is too long for !meta; after an edit,
    slice-<revision>#0000        those of the audience from then on
    correction#<openid>          what WeChat said later of a message: see correction_items.py; !meta has their numbers

Times are in ms; `ttl` is in seconds.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, replace
from itertools import batched
from typing import Any

from minipush.adapters.dynamodb.campaigns.values import Item, Value, attributes, compact, given, plain
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
from minipush.domain.messages import Cause, Message, MessageType, MiniProgramLink, Reason, Status
from minipush.domain.timestamps import DAY_MS

META = "!meta"
LISTED = "campaign"
# The numbers of corrections in !meta: delivery failures by status in the report and by reason, and arrivals.
FAILED, FAILED_BECAUSE, CONFIRMED = "delivery_failed_", "delivery_failed_because_", "delivery_confirmed"


def key(campaign_id: str, sk: str) -> Item:
    return {"campaign_id": {"S": campaign_id}, "sk": {"S": sk}}


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
            "revision": campaign.revision or None,
            "expected": campaign.expected,
            "warnings": compact(campaign.warnings) if campaign.warnings else None,
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
        revision=values.get("revision", ""),
        expected=values.get("expected"),
        warnings=tuple(json.loads(values.get("warnings", "[]"))),
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
    """A step is published, unless it is to running or scheduled. Its cause replaces the last step's."""
    unpublished = None if to in (CampaignStatus.RUNNING, CampaignStatus.SCHEDULED) else to
    changes: dict[str, Value] = {"status": to, "changed_at": now, "unpublished": unpublished}
    changes |= asdict(cause) if cause else dict.fromkeys(each.name for each in fields(Cause))
    return attributes(changes | ({"finished_at": now} if to.is_final else {}))


def plan_changes(campaign: Campaign, days: int) -> Attributes:
    """What an edit changes."""
    return attributes(
        {
            "plan": compact(_plan_value(shortened(campaign).plan)),
            "segments": campaign.segments,
            "segments_at_once": campaign.segments_at_once,
            "revision": campaign.revision,
            "expected": campaign.expected,
            "warnings": compact(campaign.warnings) if campaign.warnings else None,
            "ttl": campaign_ttl(campaign, days),
        }
    )


def may_be_edited(seen: Campaign) -> tuple[str, Attributes]:
    """The condition that the campaign waits for its start, and that nobody has edited it since it was read."""
    waits, compared = status_in({CampaignStatus.SCHEDULED, CampaignStatus.PAUSED})
    same, revision = same_revision(seen.revision)
    return f"{waits} AND attribute_not_exists(#started_at) AND {same}", {**compared, **revision}


def same_revision(revision: str) -> tuple[str, Attributes]:
    if not revision:
        return "attribute_not_exists(#revision)", {}
    return "#revision = :seen_revision", attributes({"seen_revision": revision})


def allowed_step(
    statuses: Iterable[CampaignStatus], because: Reason | None, revision: str | None
) -> tuple[str, Attributes]:
    """The condition of a step. `because`: the campaign's reason; None, here and for the revision: whatever it is."""
    condition, compared = status_in(statuses)
    if because is not None:
        condition, compared = (
            f"{condition} AND #reason = :because",
            {**compared, **attributes({"because": because})},
        )
    if revision is not None:
        same, seen = same_revision(revision)
        condition, compared = f"{condition} AND {same}", {**compared, **seen}
    return condition, compared


def status_in(statuses: Iterable[CampaignStatus]) -> tuple[str, Attributes]:
    """A condition, and the values of its placeholders."""
    marked = {f"s{n}": status for n, status in enumerate(sorted(statuses))}
    return f"#status IN ({', '.join(f':{mark}' for mark in marked)})", attributes(marked)


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
        key(campaign.id, f"{slice_prefix(campaign)}{number:04}") | {"openids": {"S": compact(part)}} | until
        for number, part in enumerate(batched(openids, SLICE, strict=False))
    ]


def slice_prefix(campaign: Campaign) -> str:
    return f"slice-{campaign.revision}#" if campaign.revision else "slice#"


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
    link = message.get("link")
    return Plan(
        **plan
        | {
            "message": Message(
                **message
                | {
                    "type": message_type(message["type"]),
                    "link": MiniProgramLink(**link) if link else None,
                }
            ),
            "audience": Audience(
                AudienceType(audience["type"]),
                tuple(audience["openids"]),
                audience["tag"],
                audience["within_hours"],
                audience["left_out"],
                audience.get("appid"),
            ),
            "frequency_cap": FrequencyCap(**cap) if cap else None,
        }
    )
