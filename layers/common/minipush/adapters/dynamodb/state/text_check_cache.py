"""Results of WeChat's text check in the State table, by the text's hash and without the text."""

from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.dynamodb.state.keys import text_check_key
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.text_checks import TextCheckResult, TextRating

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTextCheckCache:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._client = client
        self._table = state_table

    @raises_store_error
    def find(self, key: str, now: int) -> TextCheckResult | None:
        item = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True).get("Item")
        # DynamoDB may take days to delete an item whose TTL has passed.
        return _result(item) if item and int(item["kept_until"]["N"]) > now else None

    @raises_store_error
    def keep(self, key: str, result: TextCheckResult, kept_until: int) -> None:
        item: dict[str, Any] = {
            **_key(key),
            "rating": {"S": result.rating.value},
            "topic": {"S": result.topic},
            "keywords": {"L": [{"S": word} for word in result.keywords]},
            "kept_until": {"N": str(kept_until)},
            "ttl": {"N": str(ttl_seconds(kept_until))},
        }
        self._client.put_item(TableName=self._table, Item=item)


def _key(key: str) -> dict[str, Any]:
    return {"id": {"S": text_check_key(key)}}


def _result(item: dict[str, Any]) -> TextCheckResult:
    words = tuple(word["S"] for word in item["keywords"]["L"])
    return TextCheckResult(TextRating(item["rating"]["S"]), item["topic"]["S"], words)
