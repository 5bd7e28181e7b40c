"""The operator's plan of what stock is wanted, in the State table: one item."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.store_errors import raises_store_error
from minipush.domain.asks import Goal, StockPlan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"id": {"S": "stock"}}


class DynamoStockPlans:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._client = client
        self._table = state_table

    @raises_store_error
    def read(self) -> StockPlan:
        answer = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        if "Item" not in answer:
            return StockPlan()
        kept = json.loads(answer["Item"]["value"]["S"])
        # Earlier plans bear one instant for all of their goals.
        since = {"set_at": kept.get("set_at", 0)}
        return StockPlan(tuple(Goal(**since | goal) for goal in kept["goals"]), kept["pause_hours"])

    @raises_store_error
    def keep(self, plan: StockPlan) -> None:
        self._client.put_item(TableName=self._table, Item={**KEY, "value": {"S": json.dumps(asdict(plan))}})
