"""What the users' partitions hold that has a time."""

from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.dynamodb.users.items import (
    ADDED_AT,
    PROFILE,
    Item,
    read_permit,
    read_template_refusals,
)
from minipush.adapters.dynamodb.users.partitions import read_partition
from minipush.adapters.dynamodb.users.settings_log_items import read_settings_log
from minipush.domain.timelines import DeliveryFailure, StoredPermit, UserHistory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from minipush.domain.settings_log import SettingsLog
    from minipush.domain.template_refusals import TemplateRefusal


class DynamoHistoryStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def read(self, openid: str) -> UserHistory:
        permits: list[StoredPermit] = []
        refusals: tuple[TemplateRefusal, ...] = ()
        log: SettingsLog = ()
        for item in read_partition(self._client, self._table, openid):
            if item["sk"]["S"] == PROFILE:
                refusals, log = read_template_refusals(item), read_settings_log(item)
            elif permit := read_permit(item):
                permits.append(StoredPermit(permit, _number(item, ADDED_AT), _failure(item)))
        return UserHistory(tuple(permits), refusals, log)


def _failure(item: Item) -> DeliveryFailure | None:
    """Of the present claim: `read_permit` has seen to that where it says that the delivery failed."""
    late = item.get("delivery_failure", {}).get("M")
    return DeliveryFailure(_number(late, "at"), _number(late, "errcode")) if late else None


def _number(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
