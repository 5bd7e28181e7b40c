from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, deployed
from support.simulator_process import SimulatorProcess, running_simulator


@pytest.fixture(scope="session")
def wechat() -> Iterator[SimulatorProcess]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def deployment(
    aws_endpoint: str, dynamodb: DynamoDBClient, wechat: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    with deployed(aws_endpoint, dynamodb, wechat, monkeypatch) as made:
        yield made
