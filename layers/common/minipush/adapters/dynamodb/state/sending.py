"""The red switch in the State table. Without its item, sending is on."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.keys import sending_key
from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.accounts import Account
from minipush.domain.sending import Sending

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSendingSwitch:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._id = sending_key(account)
        self._values = StateValues(client, state_table)

    def read(self) -> Sending:
        kept = self._values.read(self._id)
        return Sending(**kept) if kept else Sending()

    def turn(self, sending: Sending) -> None:
        self._values.keep(self._id, asdict(sending))
