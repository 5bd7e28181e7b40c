"""Corrections as items of the Campaigns table: see items.py."""

from collections.abc import Mapping
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import (
    CONFIRMED,
    FAILED,
    FAILED_BECAUSE,
    campaign_ttl,
    key,
)
from minipush.adapters.dynamodb.campaigns.values import Item, attributes, given, plain
from minipush.domain.campaigns import Campaign
from minipush.domain.counts import Correction
from minipush.domain.messages import Reason, Status

PREFIX = "correction#"


def correction_key(campaign_id: str, openid: str) -> Item:
    return key(campaign_id, PREFIX + openid)


def correction_item(campaign: Campaign, correction: Correction, days: int) -> Item:
    fields = attributes(
        {
            "msgid": correction.msgid,
            "reason": correction.reason,
            "errcode": correction.errcode,
            "before": correction.before,
            "at": correction.at,
            "ttl": campaign_ttl(campaign, days),
        }
    )
    return correction_key(campaign.id, correction.openid) | given(fields)


def read_correction(item: Mapping[str, Mapping[str, Any]]) -> Correction:
    values = plain(item)
    return Correction(
        openid=values["sk"].removeprefix(PREFIX),
        msgid=values["msgid"],
        reason=Reason(values["reason"]) if "reason" in values else None,
        errcode=values.get("errcode"),
        before=Status(values["before"]),
        at=values["at"],
    )


def added_to_campaign(correction: Correction) -> dict[str, int]:
    """The additions to the campaign's numbers."""
    if correction.reason is None:
        return {CONFIRMED: 1}
    return {FAILED + correction.before: 1, FAILED_BECAUSE + correction.reason: 1}


def is_overruled(stored: Item, correction: Correction) -> bool:
    """Whether the stored item says that the message arrived, and the correction that it could not be delivered."""
    is_same = stored["msgid"]["S"] == correction.msgid
    return is_same and "reason" not in stored and correction.reason is not None


def changed_in_campaign(correction: Correction) -> dict[str, int]:
    """The additions to the campaign's numbers by a failure that replaces an arrival."""
    return {CONFIRMED: -1, **added_to_campaign(correction)}


def over_arrival(correction: Correction) -> dict[str, Any]:
    """The condition that the stored item still says that the message arrived."""
    return {
        "ConditionExpression": "#msgid = :msgid AND attribute_not_exists(#reason)",
        "ExpressionAttributeNames": {"#msgid": "msgid", "#reason": "reason"},
        "ExpressionAttributeValues": {":msgid": {"S": correction.msgid}},
    }
