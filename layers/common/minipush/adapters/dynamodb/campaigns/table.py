"""Calls on the Campaigns table, with retries of what DynamoDB left over."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import CONDITION_FAILED, raises_store_error
from minipush.adapters.dynamodb.batch_reads import read_many
from minipush.adapters.dynamodb.campaigns.items import LISTED
from minipush.adapters.dynamodb.campaigns.values import Item
from minipush.adapters.dynamodb.updates import Attributes
from minipush.adapters.dynamodb.writes import insert_item, transact, update_item, write_many

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEWEST, BY_STATUS = "Newest", "ByStatus"
NEW = {"ConditionExpression": "attribute_not_exists(sk)"}


class CampaignTable:
    def __init__(self, client: "DynamoDBClient", name: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    @raises_store_error
    def get(self, where: Item) -> Item:
        """The item, empty if there is none."""
        answer: Any = self._client.get_item(TableName=self._name, Key=where, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    @raises_store_error
    def items(self, campaign_id: str, prefix: str) -> list[Item]:
        pages: Any = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="campaign_id = :id AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":id": {"S": campaign_id}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    @raises_store_error
    def items_between(self, campaign_id: str, first: str, last: str, limit: int) -> tuple[list[Item], bool]:
        """A campaign's items from one sort key to another, at most `limit`; and whether there are more."""
        how = {
            "KeyConditionExpression": "campaign_id = :id AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":id": {"S": campaign_id},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "Limit": limit,
        }
        items, start = self._query(None, how)
        return items, start is not None

    @raises_store_error
    def listed(
        self, start: Item | None, how: Mapping[str, Any], compared: Attributes | None = None
    ) -> tuple[list[Item], Item | None]:
        """A page of the index Newest, and the next page's start."""
        values = {":listed": {"S": LISTED}} | {f":{name}": value for name, value in (compared or {}).items()}
        return self._query(
            start,
            {
                "IndexName": NEWEST,
                "KeyConditionExpression": "listed = :listed",
                "ExpressionAttributeValues": values,
                **how,
            },
        )

    @raises_store_error
    def newest(self, status: str | None, start: Item | None, limit: int) -> list[Item]:
        """The keys of campaigns, all or those with the status, the newest first: see items.position."""
        index, name, value = (NEWEST, "listed", LISTED) if status is None else (BY_STATUS, "status", status)
        how = {
            "IndexName": index,
            "KeyConditionExpression": "#key = :value",
            "ExpressionAttributeNames": {"#key": name},
            "ExpressionAttributeValues": {":value": {"S": value}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        return self._query(start, how)[0]

    def _query(self, start: Item | None, how: Mapping[str, Any]) -> tuple[list[Item], Item | None]:
        request: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        answer: Any = self._client.query(TableName=self._name, **request, **how)
        return answer["Items"], answer.get("LastEvaluatedKey")

    @raises_store_error
    def get_many(self, keys: Sequence[Item]) -> list[Item]:
        """The items that exist, in no order."""
        return read_many(self._client, self._name, keys, self._sleep)

    @raises_store_error
    def put(self, items: Sequence[Item]) -> None:
        puts = [{"PutRequest": {"Item": item}} for item in items]
        write_many(self._client, self._name, puts, self._sleep)

    @raises_store_error
    def insert(self, item: Item) -> bool:
        """False if the key exists."""
        return insert_item(self._client, self._name, item)

    @raises_store_error
    def update(self, where: Item, request: dict[str, Any]) -> Item | None:
        """The item after the update; None if the condition didn't hold."""
        return update_item(self._client, self._name, where, request, self._sleep)

    @raises_store_error
    def insert_counted(
        self, item: Item, where: Item, added: Mapping[str, int], condition: Mapping[str, Any] = NEW
    ) -> Item | None:
        """Put an item, by default a new one, and add to numbers of the item at `where`, both or neither.

        Return the item that the key has now, the new one or an older one; None if there is no item at `where`.
        """
        failed = transact(self._client, self._counted_insert(item, where, added, condition), self._sleep)
        if not failed:
            return item
        inserted, _ = failed
        return dict(inserted["Item"]) if inserted.get("Code") == CONDITION_FAILED else None

    def _counted_insert(
        self, item: Item, where: Item, added: Mapping[str, int], condition: Mapping[str, Any]
    ) -> Any:
        put = {"Item": item, **condition}
        return [
            {"Put": {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **put}},
            {"Update": {"TableName": self._name, "Key": where, **_addition(added)}},
        ]


def _addition(added: Mapping[str, int]) -> dict[str, Any]:
    names = list(added)
    additions = ", ".join(f"#n{n} :n{n}" for n in range(len(names)))
    return {
        "UpdateExpression": f"ADD {additions}",
        "ConditionExpression": "attribute_exists(sk)",
        "ExpressionAttributeNames": {f"#n{n}": name for n, name in enumerate(names)},
        "ExpressionAttributeValues": {f":n{n}": {"N": str(added[name])} for n, name in enumerate(names)},
    }
