"""The red switch as processes that send look at it. In a module of its own, since the others need no event loop."""

import json

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.event_loop_table import EventLoopTable
from minipush.adapters.dynamodb.state.keys import sending_key
from minipush.domain.accounts import Account
from minipush.domain.sending import Sending


class DynamoSendingLook:
    def __init__(self, calls: EventLoopCalls, state_table: str, account: Account) -> None:
        self._key = {"id": {"S": sending_key(account)}}
        self._table = EventLoopTable(calls, state_table)

    async def look(self) -> Sending:
        item = await self._table.get(self._key)
        return Sending(**json.loads(item["value"]["S"])) if item else Sending()
