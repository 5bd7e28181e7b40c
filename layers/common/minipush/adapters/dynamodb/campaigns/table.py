"""The calls that are made on the Campaigns table; what they carry is the caller's."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.campaigns.items import LISTED, Attributes, Item
from minipush.adapters.dynamodb.errors import TRANSIENT_CODES, is_written, raises_store_error
from minipush.adapters.dynamodb.retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEWEST = "Newest"
WRITES, READS = 25, 100  # what one call takes
REFUSED = "ConditionalCheckFailed"
# The cancellation reason of a write that had no part in the failure.
NO_REASON = "None"


class CampaignTable:
    def __init__(self, client: "DynamoDBClient", name: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    @raises_store_error
    def get(self, where: Item) -> Item:
        """Empty where there is none."""
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
    def listed(
        self, start: Item | None, how: Mapping[str, Any], compared: Attributes | None = None
    ) -> tuple[list[Item], Item | None]:
        """A page of the index, and where the next one begins."""
        values = {":listed": {"S": LISTED}} | {f":{name}": value for name, value in (compared or {}).items()}
        request: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        answer: Any = self._client.query(
            TableName=self._name,
            IndexName=NEWEST,
            KeyConditionExpression="listed = :listed",
            ExpressionAttributeValues=values,
            **request,
            **how,
        )
        return answer["Items"], answer.get("LastEvaluatedKey")

    @raises_store_error
    def among(self, keys: Sequence[Item]) -> list[Item]:
        """Those that are there, in no order."""
        items: list[Item] = []
        for batch in batched(keys, READS, strict=False):
            asked: Any = {self._name: {"Keys": batch, "ConsistentRead": True}}
            for _ in attempts(self._sleep):
                answer: Any = self._client.batch_get_item(RequestItems=asked)
                items += answer["Responses"].get(self._name, [])
                asked = answer.get("UnprocessedKeys")
                if not asked:
                    break
        return items

    @raises_store_error
    def put(self, items: Sequence[Item]) -> None:
        for batch in batched(items, WRITES, strict=False):
            asked: Any = {self._name: [{"PutRequest": {"Item": item}} for item in batch]}
            for _ in attempts(self._sleep):
                asked = self._client.batch_write_item(RequestItems=asked).get("UnprocessedItems")
                if not asked:
                    break

    @raises_store_error
    def insert(self, item: Item) -> bool:
        """False where its key is taken."""
        put = partial(
            self._client.put_item,
            TableName=self._name,
            Item=item,
            ConditionExpression="attribute_not_exists(sk)",
        )
        return is_written(self._client, put)

    @raises_store_error
    def update(self, where: Item, request: dict[str, Any]) -> Item | None:
        """The item as it is now; None where the condition didn't hold."""
        for _ in attempts(self._sleep):
            try:
                answer: Any = self._client.update_item(
                    TableName=self._name, Key=where, ReturnValues="ALL_NEW", **request
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
            except self._client.exceptions.TransactionConflictException:
                continue
            return dict(answer["Attributes"])
        return None

    @raises_store_error
    def insert_counted(self, item: Item, where: Item, counted: Mapping[str, int]) -> Item | None:
        """Insert an item and add to numbers of another one, both or neither.

        What lies at the first one's key now: the item, or what was there before; None without the other.
        """
        put = {"Item": item, "ConditionExpression": "attribute_not_exists(sk)"}
        writes: Any = [
            {"Put": {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **put}},
            {"Update": {"TableName": self._name, "Key": where, **_addition(counted)}},
        ]
        for _ in attempts(self._sleep):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons: Any = error.response["CancellationReasons"]
                there, other = reasons
                if there.get("Code") == REFUSED:
                    return dict(there["Item"])
                if other.get("Code") == REFUSED:
                    return None
                if not {there.get("Code"), other.get("Code")} <= {NO_REASON, *TRANSIENT_CODES}:
                    raise
            else:
                return item
        return None


def _addition(counted: Mapping[str, int]) -> dict[str, Any]:
    names = list(counted)
    added = ", ".join(f"#n{n} :n{n}" for n in range(len(names)))
    return {
        "UpdateExpression": f"ADD {added}",
        "ConditionExpression": "attribute_exists(sk)",
        "ExpressionAttributeNames": {f"#n{n}": name for n, name in enumerate(names)},
        "ExpressionAttributeValues": {f":n{n}": {"N": str(counted[name])} for n, name in enumerate(names)},
    }
