"""Refused direct sends, in the State table: their numbers in one item for ten seconds, and one for each doubted user."""

from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.dynamodb.state.keys import doubted_key, refusals_key
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.application.ports.refusals import RefusalCount
from minipush.domain.accounts import Account

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WINDOW_MS = 10_000
KEPT_MS = 60 * 60 * 1000
DOUBTED_MS = 24 * 60 * 60 * 1000


class DynamoRefusalCounts:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._client = client
        self._table = state_table
        self._account = account

    @raises_store_error
    def add(self, refused: int, answered: int, now: int) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=self._key(now),
            UpdateExpression="ADD refused :refused, answered :answered SET #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":refused": {"N": str(refused)},
                ":answered": {"N": str(answered)},
                ":ttl": {"N": str(ttl_seconds(now + KEPT_MS))},
            },
        )

    @raises_store_error
    def read(self, now: int) -> RefusalCount:
        counts = [self._read(at) for at in (now - WINDOW_MS, now)]
        return RefusalCount(sum(c.refused for c in counts), sum(c.answered for c in counts))

    @raises_store_error
    def doubted_since(self, openid: str, template_id: str, now: int) -> int:
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": doubted_key(self._account, openid, template_id)}},
                UpdateExpression="SET doubted_at = :now, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(doubted_at) OR doubted_at < :oldest",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":now": {"N": str(now)},
                    ":oldest": {"N": str(now - DOUBTED_MS)},
                    ":ttl": {"N": str(ttl_seconds(now + DOUBTED_MS))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as earlier:
            found: Any = earlier.response
            return int(found["Item"]["doubted_at"]["N"])
        return now

    def _read(self, at: int) -> RefusalCount:
        answer: Any = self._client.get_item(TableName=self._table, Key=self._key(at), ConsistentRead=True)
        item = answer.get("Item")
        return RefusalCount(int(item["refused"]["N"]), int(item["answered"]["N"])) if item else RefusalCount()

    def _key(self, at: int) -> dict[str, dict[str, str]]:
        return {"id": {"S": refusals_key(self._account, at // WINDOW_MS)}}
