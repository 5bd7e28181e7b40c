"""Changes to a secret against changes by others, on the emulated Secrets Manager."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_secretsmanager import SecretsManagerClient

from minipush_cli.aws import secret_changes
from minipush_cli.aws.secret_changes import SecretContendedError, Value, change_secret, read_secret

pytestmark = pytest.mark.emulator


@pytest.fixture
def client(aws_endpoint: str) -> SecretsManagerClient:
    return boto3.Session("test", "test", region_name="us-east-1").client(
        "secretsmanager", endpoint_url=aws_endpoint
    )


@pytest.fixture
def arn(client: SecretsManagerClient) -> str:
    return client.create_secret(Name=uuid.uuid4().hex, SecretString='{"kept": 1}')["ARN"]


def adding(name: str) -> Callable[[Value], Value]:
    return lambda value: value | {name: True}


def test_a_value_that_another_wrote_in_between_is_kept(client: SecretsManagerClient, arn: str) -> None:
    others = iter([adding("other")])

    def change(value: Value) -> Value:
        for other in others:
            change_secret(client, arn, other)
        return value | {"own": True}

    change_secret(client, arn, change)
    assert read_secret(client, arn) == {"kept": 1, "other": True, "own": True}


def test_twelve_writers_at_once_lose_nothing(client: SecretsManagerClient, arn: str) -> None:
    names = [f"n{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as at_once:
        list(at_once.map(lambda name: change_secret(client, arn, adding(name)), names))
    assert read_secret(client, arn) == {"kept": 1} | dict.fromkeys(names, True)


def test_a_change_that_failed_leaves_the_current_value(client: SecretsManagerClient, arn: str) -> None:
    def change(_: Value) -> Value:
        raise ValueError

    with pytest.raises(ValueError):
        change_secret(client, arn, change)
    assert read_secret(client, arn) == {"kept": 1}


def test_a_change_to_the_same_value_makes_no_version(client: SecretsManagerClient, arn: str) -> None:
    before = client.get_secret_value(SecretId=arn)["VersionId"]
    change_secret(client, arn, dict)
    assert client.get_secret_value(SecretId=arn)["VersionId"] == before


def test_a_writer_that_always_comes_too_late_gives_up(
    client: SecretsManagerClient, arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_changes, "PAUSE_SECONDS", 0)

    def change(value: Value) -> Value:
        client.put_secret_value(SecretId=arn, SecretString=json.dumps({"other": uuid.uuid4().hex}))
        return value | {"own": True}

    with pytest.raises(SecretContendedError):
        change_secret(client, arn, change)
    assert "own" not in read_secret(client, arn)


def test_a_move_whose_answer_was_lost_counts_as_done(
    client: SecretsManagerClient, arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = client.update_secret_version_stage

    def repeated(**arguments: str) -> object:
        move(**arguments)
        return move(**arguments)

    monkeypatch.setattr(client, "update_secret_version_stage", repeated)
    calls: list[Value] = []

    def change(value: Value) -> Value:
        calls.append(value)
        return value | {"own": len(calls)}

    change_secret(client, arn, change)
    assert read_secret(client, arn) == {"kept": 1, "own": 1}


def test_other_failures_are_raised(client: SecretsManagerClient) -> None:
    with pytest.raises(ClientError):
        change_secret(client, "arn:aws:secretsmanager:us-east-1:1:secret:none", dict)
