"""The red switch: in memory and in DynamoDB alike."""

import asyncio
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.sending import MemorySendingSwitch
from support.tables import create_tables

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.state.sending import DynamoSendingSwitch
from minipush.adapters.dynamodb.state.sending_look import DynamoSendingLook
from minipush.application.ports.sending import SendingLook, SendingSwitch
from minipush.domain.sending import Sending
from minipush.errors import StoreError

OFF = Sending(enabled=False, reason="wrong template", by="shop", at=1_800_000_000_000)


@dataclass(frozen=True, slots=True)
class Switch:
    """The switch, and what processes that send see of it."""

    switch: SendingSwitch
    sight: SendingLook

    def turn(self, sending: Sending) -> None:
        self.switch.turn(sending)

    def read(self) -> Sending:
        seen = asyncio.run(self.sight.look())
        assert self.switch.read() == seen
        return seen


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def switch(request: pytest.FixtureRequest) -> Switch:
    if request.param == "memory":
        memory = MemorySendingSwitch()
        return Switch(memory, memory)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    state = create_tables(client)[1]
    look = DynamoSendingLook(EventLoopCalls(client), state, ACCOUNT)
    return Switch(DynamoSendingSwitch(client, state, ACCOUNT), look)


def test_sending_is_on_before_anybody_has_switched(switch: Switch) -> None:
    assert switch.read() == Sending(enabled=True)


def test_who_switched_when_and_why_is_known(switch: Switch) -> None:
    switch.turn(OFF)
    assert switch.read() == OFF


def test_the_last_one_to_switch_decides(switch: Switch) -> None:
    switch.turn(OFF)
    switch.turn(Sending(enabled=True, by="chief", at=1))
    assert switch.read() == Sending(enabled=True, by="chief", at=1)


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    switch = DynamoSendingSwitch(nowhere, "none", ACCOUNT)
    with pytest.raises(StoreError):
        switch.read()
    with pytest.raises(StoreError):
        switch.turn(OFF)
    with pytest.raises(StoreError):
        asyncio.run(DynamoSendingLook(EventLoopCalls(nowhere), "none", ACCOUNT).look())
