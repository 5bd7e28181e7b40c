"""Delivery failures as items of the Campaigns table: see items.py."""

from collections.abc import Mapping
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import (
    FAILED,
    FAILED_BECAUSE,
    Item,
    attributes,
    campaign_ttl,
    given,
    key,
    plain,
)
from minipush.domain.campaigns import Campaign, DeliveryFailure
from minipush.domain.messages import Reason, Status

PREFIX = "delivery_failure#"


def delivery_failure_key(campaign_id: str, openid: str) -> Item:
    return key(campaign_id, PREFIX + openid)


def delivery_failure_item(campaign: Campaign, failure: DeliveryFailure, days: int) -> Item:
    fields = attributes(
        {
            "msgid": failure.msgid,
            "reason": failure.reason,
            "errcode": failure.errcode,
            "before": failure.before,
            "at": failure.at,
            "ttl": campaign_ttl(campaign, days),
        }
    )
    return delivery_failure_key(campaign.id, failure.openid) | given(fields)


def read_delivery_failure(item: Mapping[str, Mapping[str, Any]]) -> DeliveryFailure:
    values = plain(item)
    return DeliveryFailure(
        openid=values["sk"].removeprefix(PREFIX),
        msgid=values["msgid"],
        reason=Reason(values["reason"]),
        errcode=values.get("errcode"),
        before=Status(values["before"]),
        at=values["at"],
    )


def added_to_campaign(failure: DeliveryFailure) -> dict[str, int]:
    """The additions to the campaign's numbers."""
    return {FAILED + failure.before: 1, FAILED_BECAUSE + failure.reason: 1}
