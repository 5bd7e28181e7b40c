"""The red switch: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.sending import MemorySendingSwitch
from support.tables import create_tables

from minipush.adapters.dynamodb.state.sending import DynamoSendingSwitch
from minipush.application.ports.sending import SendingSwitch
from minipush.domain.sending import Sending
from minipush.errors import StoreError

OFF = Sending(enabled=False, reason="wrong template", by="shop", at=1_800_000_000_000)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def switch(request: pytest.FixtureRequest) -> SendingSwitch:
    if request.param == "memory":
        return MemorySendingSwitch()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoSendingSwitch(client, create_tables(client)[1], ACCOUNT)


def test_sending_is_on_before_anybody_has_switched(switch: SendingSwitch) -> None:
    assert switch.read() == Sending(enabled=True)


def test_who_switched_when_and_why_is_known(switch: SendingSwitch) -> None:
    switch.turn(OFF)
    assert switch.read() == OFF


def test_the_last_one_to_switch_decides(switch: SendingSwitch) -> None:
    switch.turn(OFF)
    switch.turn(Sending(enabled=True, by="chief", at=1))
    assert switch.read() == Sending(enabled=True, by="chief", at=1)


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    switch = DynamoSendingSwitch(nowhere, "none", ACCOUNT)
    with pytest.raises(StoreError):
        switch.read()
    with pytest.raises(StoreError):
        switch.turn(OFF)
