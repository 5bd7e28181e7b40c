"""The operator's subscription targets of an account, in the State table: one item."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.keys import targets_key
from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.accounts import Account
from minipush.domain.prompts import SubscriptionTargets, Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTargetStore:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._id = targets_key(account)
        self._values = StateValues(client, state_table)

    def read(self) -> SubscriptionTargets:
        kept = self._values.read(self._id)
        if kept is None:
            return SubscriptionTargets()
        targets = tuple(Target(**target) for target in kept["targets"])
        return SubscriptionTargets(targets, kept["pause_hours"])

    def keep(self, targets: SubscriptionTargets) -> None:
        self._values.keep(self._id, asdict(targets))
