"""The operator's plan of what stock is wanted, in the State table: one item."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.prompts import SubscriptionTargets, Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID = "stock"


class DynamoTargetStore:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._values = StateValues(client, state_table)

    def read(self) -> SubscriptionTargets:
        kept = self._values.read(ID)
        if kept is None:
            return SubscriptionTargets()
        # Earlier plans bear one instant for all of their goals.
        since = {"set_at": kept.get("set_at", 0)}
        return SubscriptionTargets(
            tuple(Target(**since | goal) for goal in kept["goals"]), kept["pause_hours"]
        )

    def keep(self, plan: SubscriptionTargets) -> None:
        self._values.keep(ID, asdict(plan))
