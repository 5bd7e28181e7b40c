"""The account's templates in the State table: one item, so that a sync is seen whole or not at all.

WeChat allows an account some dozens of templates of a few hundred bytes each: an item has room for them.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from minipush.adapters.store_errors import raises_store_error
from minipush.domain.templates import Template
from minipush.usecases.sync_templates import KnownTemplates

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"id": {"S": "templates"}}


class DynamoTemplates:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._client = client
        self._table = state_table

    @raises_store_error
    def read(self) -> KnownTemplates | None:
        answer = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        if "Item" not in answer:
            return None
        kept = json.loads(answer["Item"]["value"]["S"])
        return KnownTemplates(kept["synced_at"], tuple(_template(entry) for entry in kept["templates"]))

    @raises_store_error
    def keep(self, known: KnownTemplates) -> None:
        value = json.dumps(asdict(known), ensure_ascii=False)
        self._client.put_item(TableName=self._table, Item={**KEY, "value": {"S": value}})


def _template(entry: dict[str, Any]) -> Template:
    enums = {key: tuple(values) for key, values in entry.pop("enums").items()}
    return Template(**entry | {"keys": tuple(entry["keys"])}, enums=enums)
