"""Signs of life: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.signs_of_life import MemorySignsOfLife
from support.tables import create_tables

from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife
from minipush.application.ports.signs_of_life import SignsOfLife
from minipush.domain.service_status import FinishedSweep
from minipush.errors import StoreError


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def signs(request: pytest.FixtureRequest) -> SignsOfLife:
    if request.param == "memory":
        return MemorySignsOfLife()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoSignsOfLife(client, create_tables(client)[1], ACCOUNT)


def test_at_first_there_is_none(signs: SignsOfLife) -> None:
    assert (signs.last_sweep(), signs.last_callback(), signs.last_new_credentials()) == (None, None, None)


def test_the_last_one_is_known(signs: SignsOfLife) -> None:
    for n in (1, 2):
        signs.sweep_finished(FinishedSweep(at=n, finished_at=n + 5, removed=3))
        signs.push_received(n)
        signs.new_credentials_used(f"mark-{n}")
    assert signs.last_sweep() == FinishedSweep(at=2, finished_at=7, removed=3)
    assert signs.last_callback() == 2
    assert signs.last_new_credentials() == "mark-2"


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    signs = DynamoSignsOfLife(nowhere, "none", ACCOUNT)
    with pytest.raises(StoreError):
        signs.push_received(1)
    with pytest.raises(StoreError):
        signs.last_sweep()
