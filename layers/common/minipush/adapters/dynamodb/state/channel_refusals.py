"""The last refusals of the reminders' channels in the State table. With them, nobody waits for another writer."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.keys import channel_refusal_key
from minipush.adapters.dynamodb.state.values import StateValues
from minipush.application.ports.centre.channel_refusals import ChannelRefusal
from minipush.domain.accounts import Account
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoChannelRefusals:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._values = StateValues(client, state_table)
        self._account = account

    def read(self, kind: ChannelKind) -> ChannelRefusal | None:
        kept = self._values.read(channel_refusal_key(self._account, kind))
        return ChannelRefusal(**kept) if kept else None

    def keep(self, kind: ChannelKind, refusal: ChannelRefusal) -> None:
        self._values.keep(channel_refusal_key(self._account, kind), asdict(refusal))
