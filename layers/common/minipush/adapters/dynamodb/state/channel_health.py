"""The health of the reminders' channels in the State table."""

from functools import partial
from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.channel_health import decoded, encoded
from minipush.adapters.dynamodb.state.keys import channel_health_key
from minipush.domain.accounts import Account
from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoChannelHealth:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._client = client
        self._table = state_table
        self._account = account

    @raises_store_error
    def read(self, kind: ChannelKind) -> ChannelHealth:
        key = {"id": {"S": channel_health_key(self._account, kind)}}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return decoded(answer["Item"]["value"]["S"]) if "Item" in answer else ChannelHealth()

    @raises_store_error
    def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item={"id": {"S": channel_health_key(self._account, kind)}, "value": {"S": encoded(after)}},
            ConditionExpression="attribute_not_exists(id) OR #value = :before",
            ExpressionAttributeNames={"#value": "value"},
            ExpressionAttributeValues={":before": {"S": encoded(before)}},
        )
        return is_written(self._client, put)
