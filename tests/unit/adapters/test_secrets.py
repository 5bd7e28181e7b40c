import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from minipush.adapters.secrets import Secrets
from minipush.errors import StoreError


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="us-east-1")


def keep(client: SecretsManagerClient, text: str) -> str:
    return client.create_secret(Name="s", SecretString=text)["ARN"]


def test_a_secret_is_its_json(client: SecretsManagerClient) -> None:
    assert Secrets(client, 60).read(keep(client, '{"app_secret": "x"}')) == {"app_secret": "x"}


def test_a_change_is_not_seen_before_the_age_is_over(client: SecretsManagerClient) -> None:
    secrets = Secrets(client, max_age=60)
    arn = keep(client, '{"n": 1}')
    secrets.read(arn)
    client.put_secret_value(SecretId=arn, SecretString='{"n": 2}')
    assert secrets.read(arn) == {"n": 1}


def test_a_change_is_seen_when_the_age_is_over(client: SecretsManagerClient) -> None:
    secrets = Secrets(client, max_age=0)
    arn = keep(client, '{"n": 1}')
    secrets.read(arn)
    client.put_secret_value(SecretId=arn, SecretString='{"n": 2}')
    assert secrets.read(arn) == {"n": 2}


@pytest.mark.parametrize("text", ["[]", "not JSON", json.dumps("x")])
def test_a_secret_that_is_no_object_is_a_store_error(client: SecretsManagerClient, text: str) -> None:
    with pytest.raises(StoreError):
        Secrets(client, 60).read(keep(client, text))


def test_a_secret_that_is_not_there_is_a_store_error(client: SecretsManagerClient) -> None:
    with pytest.raises(StoreError):
        Secrets(client, 60).read("arn:aws:secretsmanager:us-east-1:1:secret:none")
