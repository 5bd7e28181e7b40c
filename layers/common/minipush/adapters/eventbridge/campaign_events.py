"""Campaign events on an EventBridge bus."""

import json
from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import raises_store_error
from minipush.domain.campaigns import Campaign
from minipush.domain.timestamps import iso
from minipush.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_events import EventBridgeClient

SOURCE = "minipush"


class EventBridgeCampaignEvents:
    """`client` is called before each use: few processes publish."""

    def __init__(self, client: "Callable[[], EventBridgeClient]", bus: str) -> None:
        self._client = client
        self._bus = bus

    @raises_store_error
    def publish(self, campaign: Campaign) -> None:
        answer = self._client().put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": SOURCE,
                    "DetailType": f"Campaign {campaign.status}",
                    "Detail": json.dumps(_detail(campaign), ensure_ascii=False),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise StoreError(answer["Entries"][0].get("ErrorCode", "the event was not accepted"))


def _detail(campaign: Campaign) -> dict[str, object]:
    return {
        "id": campaign.id,
        "name": campaign.plan.name,
        "status": campaign.status,
        "reason": campaign.reason,
        "errcode": campaign.errcode,
        "errmsg": campaign.errmsg,
        "rid": campaign.rid,
        "started_at": iso(campaign.started_at) if campaign.started_at is not None else None,
        "finished_at": iso(campaign.finished_at) if campaign.finished_at is not None else None,
    }
