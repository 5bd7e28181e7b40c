from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, deployed

from local.simulator.simulator import Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def deployment(
    aws_endpoint: str, dynamodb: DynamoDBClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    with deployed(aws_endpoint, dynamodb, simulator, monkeypatch) as made:
        yield made
