"""The operator's plan of what stock is wanted, in the State table: one item."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.state_values import StateValues
from minipush.domain.asks import Goal, StockPlan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID = "stock"


class DynamoStockPlans:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._values = StateValues(client, state_table)

    def read(self) -> StockPlan:
        kept = self._values.read(ID)
        if kept is None:
            return StockPlan()
        # Earlier plans bear one instant for all of their goals.
        since = {"set_at": kept.get("set_at", 0)}
        return StockPlan(tuple(Goal(**since | goal) for goal in kept["goals"]), kept["pause_hours"])

    def keep(self, plan: StockPlan) -> None:
        self._values.keep(ID, asdict(plan))
