"""Calls on the Centre table."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import CONDITION_FAILED, raises_store_error
from minipush.adapters.dynamodb.batch_reads import read_many
from minipush.adapters.dynamodb.centre.keys import Key, key
from minipush.adapters.dynamodb.statements import Statement, Statements
from minipush.adapters.dynamodb.writes import insert_item, transact, update_item, write_many

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
"""An item in DynamoDB's JSON: `{"sk": {"S": "…"}}`."""


class CentreTable:
    """Every method raises StoreError. Reads are consistent."""

    def __init__(
        self, client: "DynamoDBClient", name: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self.sleep = sleep

    @raises_store_error
    def get(self, where: Key) -> Item:
        """The item, empty if there is none."""
        answer: Any = self._client.get_item(TableName=self._name, Key=where, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    @raises_store_error
    def get_many(self, keys: Sequence[Key]) -> list[Item]:
        """The items that exist, in no order."""
        return read_many(self._client, self._name, keys, self.sleep)

    @raises_store_error
    def query(self, pk: str, condition: str, compared: Mapping[str, str], **how: Any) -> list[Item]:
        """The items of a partition whose sk meets the condition. `compared`: the texts that it names with a colon."""
        values = {":pk": {"S": pk}} | {f":{name}": {"S": text} for name, text in compared.items()}
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": f"pk = :pk AND {condition}",
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            **how,
        }
        if "Limit" in how:
            answer: Any = self._client.query(**request)
            return list(answer["Items"])
        pages: Any = self._client.get_paginator("query").paginate(**request)
        return [item for page in pages for item in page["Items"]]

    @raises_store_error
    def query_back(
        self, pk: str, first: str, last: str, after: str | None, limit: int, **how: Any
    ) -> tuple[list[Item], str | None]:
        """The items from `first` to `last`, the last first, behind `after`; and the sk where to go on, if there is more.

        `limit`: how many are read, at most. DynamoDB refuses to start outside of the range.
        """
        if after and after <= first:
            return [], None
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit,
            **how,
        }
        if after:
            request["ExclusiveStartKey"] = key(pk, after)
        answer: Any = self._client.query(**request)
        end = answer.get("LastEvaluatedKey")
        return list(answer["Items"]), end["sk"]["S"] if end else None

    @raises_store_error
    def insert(self, item: Item) -> bool:
        """False if the key is taken."""
        return insert_item(self._client, self._name, item)

    @raises_store_error
    def put(self, item: Item) -> None:
        self._client.put_item(TableName=self._name, Item=item)

    @raises_store_error
    def delete(self, where: Key) -> None:
        self._client.delete_item(TableName=self._name, Key=where)

    @raises_store_error
    def update(self, where: Key, request: Mapping[str, Any]) -> Item | None:
        """The item after the update; None if the condition didn't hold. `request`: see `updates.update`."""
        return update_item(self._client, self._name, where, request, self.sleep)

    @raises_store_error
    def delete_each(self, keys: Sequence[Key]) -> None:
        deletions = [{"DeleteRequest": {"Key": where}} for where in keys]
        write_many(self._client, self._name, deletions, self.sleep)

    def change_each(self, change: str, values: Sequence[dict[str, Any]], keys: Sequence[Key]) -> None:
        """Make the same change, in PartiQL, to each of the items that exist."""
        text = f'UPDATE "{self._name}" {change} WHERE pk = ? AND sk = ?'
        statements = [Statement(text, (*values, where["pk"], where["sk"])) for where in keys]
        for result in Statements(self._client, self.sleep).execute(statements):
            if result.error:
                raise result.error

    @raises_store_error
    def transact(self, *writes: tuple[str, Mapping[str, Any]]) -> list[int]:
        """All or none of `("Put", {"Item": …})`, `("Update", {"Key": …})`, `("Delete", {"Key": …})`.

        Empty if all is written; otherwise the places of the writes whose conditions didn't hold.
        """
        asked: Any = [{verb: {"TableName": self._name, **write}} for verb, write in writes]
        reasons = transact(self._client, asked, self.sleep)
        return [place for place, reason in enumerate(reasons) if reason.get("Code") == CONDITION_FAILED]
