"""Which events were processed: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryProcessedEvents
from support.tables import create_tables

from minipush.adapters.dynamodb.state.processed_events import DynamoProcessedEvents
from minipush.application.ports.events import ProcessedEvents
from minipush.errors import StoreError

UNTIL = 1_800_000_000_001


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def processed(request: pytest.FixtureRequest) -> ProcessedEvents:
    if request.param == "memory":
        return MemoryProcessedEvents()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoProcessedEvents(client, create_tables(client)[1])


def test_an_event_is_new_once(processed: ProcessedEvents) -> None:
    assert not processed.has("an event")
    assert [processed.add("an event", UNTIL) for _ in range(3)] == [True, False, False]
    assert processed.has("an event")
    assert not processed.has("another")


@pytest.mark.emulator
def test_it_names_nobody_and_goes_by_ttl(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoProcessedEvents(dynamodb, state).add("anna", UNTIL)
    [item] = dynamodb.scan(TableName=state)["Items"]
    assert "anna" not in repr(item)
    assert item["ttl"] == {"N": "1800000001"}


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    events = DynamoProcessedEvents(nowhere, "none")
    with pytest.raises(StoreError):
        events.has("an event")
    with pytest.raises(StoreError):
        events.add("an event", UNTIL)
