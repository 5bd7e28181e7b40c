import gc
from collections.abc import Iterator
from functools import cache
from itertools import count

import botocore.session
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.lanes import LaneScheduling, sort_key

from local.stack.emulator import Emulator
from minipush.adapters.dynamodb.plain_json import plain_json_session

TESTS = count(1)

# Each test that has functions of its own would read megabytes of botocore's models anew, and keep them.
botocore.session.create_loader = cache(botocore.session.create_loader)


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


def pytest_runtest_teardown() -> None:
    """A function's process freezes what it has imported, once. Here, hundreds of functions follow each other."""
    if next(TESTS) % 25 == 0 and gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()


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
