"""`make secret` on a deployment."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from support.deployment import Deployment
from support.operated_stack import OperatedStack, operated_stack, secret_resource

pytestmark = pytest.mark.emulator

WECHAT = {"app_secret": "old"}
CALLBACK = {"callback_token": "AAAAA", "encoding_aes_key": "A" * 43}
ACCESS = {"session_key": "s" * 64, "operator_keys": [{"name": "shop", "scopes": ["read"], "hash": "sha256:"}]}
CHANNELS = {"smtp_url": "", "sms_key_id": "", "sms_key_secret": ""}
SECRETS: dict[str, dict[str, Any]] = {
    "WeChatSecret": WECHAT,
    "CallbackSecret": CALLBACK,
    "AccessSecret": ACCESS,
    "ChannelSecret": CHANNELS,
}


@pytest.fixture
def stack(deployment: Deployment) -> Iterator[OperatedStack]:
    resources = {name: secret_resource(value) for name, value in SECRETS.items()}
    outputs = {f"{name}Arn": {"Ref": name} for name in SECRETS}
    url, name = deployment.environment["AWS_ENDPOINT_URL"], f"stack-{uuid.uuid4().hex}"
    with operated_stack(url, name, resources, outputs) as made:
        yield made


def run(stack: OperatedStack, value: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return stack.run("secret", value, **variables)


def test_a_new_app_secret_keeps_the_callbacks_token_and_key(stack: OperatedStack) -> None:
    done = run(stack, "new\n", NAME="app_secret")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "app_secret is stored. All processes use it within a minute.\n"
    assert stack.secret("WeChatSecret") == {"app_secret": "new"}
    assert stack.secret("CallbackSecret") == CALLBACK


def test_a_new_token_of_the_callback_keeps_its_key(stack: OperatedStack) -> None:
    assert run(stack, "BBBBB", NAME="callback_token").returncode == 0
    assert stack.secret("CallbackSecret") == CALLBACK | {"callback_token": "BBBBB"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_url", "smtps://mailer:pass%20word@mail.example.com"),
        ("sms_key_id", "LTAI5t"),
        ("sms_key_secret", "s3cret"),
    ],
)
def test_what_mail_and_sms_need_is_stored_one_by_one(stack: OperatedStack, name: str, value: str) -> None:
    assert run(stack, value, NAME=name).returncode == 0
    assert stack.secret("ChannelSecret") == CHANNELS | {name: value}


def test_a_random_session_key_keeps_the_operator_keys(stack: OperatedStack) -> None:
    assert run(stack, NAME="session_key", RANDOM="1").returncode == 0
    after = stack.secret("AccessSecret")
    assert after["operator_keys"] == ACCESS["operator_keys"]
    assert len(str(after["session_key"])) >= 64
    assert after["session_key"] != ACCESS["session_key"]


def test_a_switch_that_is_0_is_off(stack: OperatedStack) -> None:
    assert run(stack, "t" * 64, NAME="session_key", RANDOM="0").returncode == 0
    assert stack.secret("AccessSecret")["session_key"] == "t" * 64


@pytest.mark.parametrize(
    ("value", "environment"),
    [
        ("x", {}),
        ("x", {"NAME": "operator_keys"}),
        ("", {"NAME": "app_secret"}),
        ("two words", {"NAME": "app_secret"}),
        ("ab", {"NAME": "callback_token"}),
        ("A" * 42, {"NAME": "encoding_aes_key"}),
        ("short", {"NAME": "session_key"}),
        ("mail.example.com", {"NAME": "smtp_url"}),
        ("", {"NAME": "app_secret", "RANDOM": "1"}),
        ("s" * 64, {"NAME": "session_key", "RANDOM": "maybe"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    stack: OperatedStack, value: str, environment: dict[str, str]
) -> None:
    refused = run(stack, value, **environment)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("secret: ")
    assert "Traceback" not in refused.stderr
    assert {name: stack.secret(name) for name in SECRETS} == SECRETS


def test_a_value_of_an_option_that_the_stack_lacks_is_not_stored(stack: OperatedStack) -> None:
    refused = run(stack, "x", NAME="password")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (
        refused.stderr
        == f"secret: the stack {stack.name} is deployed without RedisUrl, and has no password\n"
    )


def test_a_value_that_replaces_at_once_ends_the_overlap_of_a_rotation(stack: OperatedStack) -> None:
    secrets = stack.client("secretsmanager")
    for name, value in (
        ("AccessSecret", ACCESS | {"other_session_keys": [{"key": "t" * 64, "until": 1}]}),
        ("CallbackSecret", CALLBACK | {"replaced": [{"callback_token": "BBBBB"}]}),
    ):
        secrets.put_secret_value(SecretId=stack.resources[name], SecretString=json.dumps(value))
    run(stack, NAME="session_key", RANDOM="1")
    run(stack, "CCCCC", NAME="callback_token")
    assert set(stack.secret("AccessSecret")) == {"session_key", "operator_keys"}
    assert set(stack.secret("CallbackSecret")) == {"callback_token", "encoding_aes_key"}
