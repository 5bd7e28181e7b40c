from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.lanes import LaneScheduling, sort_key

from local.stack.emulator import Emulator
from minipush.adapters.dynamodb.plain_json import plain_json_session


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name_in_full(item)
    items.sort(key=lambda item: sort_key(item.nodeid))


def name_in_full(item: pytest.Item) -> None:
    """Schemathesis leaves the operation out of the id. xdist would run the first of such tests, and none of the others."""
    _, bracket, operation = item.name.partition("[")
    if bracket and item.id.params is None:
        item._id = item.id.with_params(operation.removesuffix("]"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LaneScheduling | None:
    """`--dist loadgroup` is by lanes: see support.lanes."""
    return LaneScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def aws_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an AWS emulator, one per test process. Its DynamoDB checks conditions and runs PartiQL and TTL."""
    with Emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator.url


@pytest.fixture(scope="session")
def dynamodb(aws_endpoint: str) -> DynamoDBClient:
    """The client that the functions use: see minipush.adapters.dynamodb.plain_json."""
    return plain_json_session().client(
        "dynamodb",
        endpoint_url=aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
