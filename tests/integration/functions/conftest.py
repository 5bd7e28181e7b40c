from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, deploy, dismantle

from local.simulator.simulator import Simulator
from minipush.container import container


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def deployment(
    aws_endpoint: str, dynamodb: DynamoDBClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    made = deploy(aws_endpoint, dynamodb, simulator)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    container.cache_clear()
    yield made
    dismantle()
    simulator.control.reset()
