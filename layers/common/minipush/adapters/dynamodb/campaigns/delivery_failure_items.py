"""What WeChat took and could not deliver, as items of the Campaigns table: see campaign_items."""

from collections.abc import Mapping
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import (
    LATE,
    LATE_BECAUSE,
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


def delivery_failure_item(campaign: Campaign, message: DeliveryFailure, days: int) -> Item:
    fields = attributes(
        {
            "msgid": message.msgid,
            "reason": message.reason,
            "errcode": message.errcode,
            "before": message.before,
            "at": message.at,
            "ttl": campaign_ttl(campaign, days),
        }
    )
    return delivery_failure_key(campaign.id, message.openid) | given(fields)


def read_delivery_failure(item: Mapping[str, Mapping[str, Any]]) -> DeliveryFailure:
    kept = plain(item)
    return DeliveryFailure(
        openid=kept["sk"].removeprefix(PREFIX),
        msgid=kept["msgid"],
        reason=Reason(kept["reason"]),
        errcode=kept.get("errcode"),
        before=Status(kept["before"]),
        at=kept["at"],
    )


def added_to_campaign(message: DeliveryFailure) -> dict[str, int]:
    """What it adds to the numbers of its campaign."""
    return {LATE + message.before: 1, LATE_BECAUSE + message.reason: 1}
