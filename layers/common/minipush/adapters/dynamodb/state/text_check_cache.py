"""Results of WeChat's text check in the State table, by the text's hash and without the text."""

from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.errors import raises_store_error
from minipush.adapters.dynamodb.keys import text_check_key
from minipush.adapters.dynamodb.users.items import ttl_seconds
from minipush.wechat.text_check import Suggestion, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTextCheckCache:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._client = client
        self._table = state_table

    @raises_store_error
    def find(self, key: str, now: int) -> Verdict | None:
        item = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True).get("Item")
        # DynamoDB may take days to delete an item whose TTL has passed.
        return _verdict(item) if item and int(item["kept_until"]["N"]) > now else None

    @raises_store_error
    def keep(self, key: str, verdict: Verdict, kept_until: int) -> None:
        item: dict[str, Any] = {
            **_key(key),
            "suggestion": {"S": verdict.suggestion.value},
            "keywords": {"L": [{"S": word} for word in verdict.keywords]},
            "kept_until": {"N": str(kept_until)},
            "ttl": {"N": str(ttl_seconds(kept_until))},
        }
        if verdict.label is not None:
            item["label"] = {"N": str(verdict.label)}
        self._client.put_item(TableName=self._table, Item=item)


def _key(key: str) -> dict[str, Any]:
    return {"id": {"S": text_check_key(key)}}


def _verdict(item: dict[str, Any]) -> Verdict:
    label = int(item["label"]["N"]) if "label" in item else None
    words = tuple(word["S"] for word in item["keywords"]["L"])
    return Verdict(Suggestion(item["suggestion"]["S"]), label, words)
