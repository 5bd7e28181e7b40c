"""`make secret` on a deployment."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import boto3
import pytest
from support.deployment import Deployment

from local.processes import ROOT

pytestmark = pytest.mark.emulator

WECHAT = {"app_secret": "old"}
CALLBACK = {"callback_token": "AAAAA", "encoding_aes_key": "A" * 43}
ACCESS = {"session_key": "s" * 64, "operator_keys": [{"name": "shop", "scopes": ["read"], "hash": "sha256:"}]}
SECRETS = {"WeChatSecret": WECHAT, "CallbackSecret": CALLBACK, "AccessSecret": ACCESS}
TEMPLATE = {
    "Resources": {
        name: {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": json.dumps(value)}}
        for name, value in SECRETS.items()
    },
    "Outputs": {f"{name}Arn": {"Value": {"Ref": name}} for name in SECRETS},
}


@pytest.fixture
def stack(deployment: Deployment) -> Iterator[str]:
    name = f"stack-{uuid.uuid4().hex}"
    cloudformation = boto3.client("cloudformation", endpoint_url=deployment.environment["AWS_ENDPOINT_URL"])
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    cloudformation.delete_stack(StackName=name)


def run(stack: str, value: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(ROOT / part) for part in ("", "layers/common", "cli/src"))
    return subprocess.run(
        [sys.executable, "-m", "local.secret"],
        env=os.environ | {"PYTHONPATH": path, "STACK": stack} | environment,
        input=value, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def stored(stack: str, secret: str) -> dict[str, object]:
    [made] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    arns = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    text = boto3.client("secretsmanager").get_secret_value(SecretId=arns[f"{secret}Arn"])["SecretString"]
    value: dict[str, object] = json.loads(text)
    return value


def test_a_new_app_secret_keeps_the_callbacks_token_and_key(stack: str) -> None:
    done = run(stack, "new\n", NAME="app_secret")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stored(stack, "WeChatSecret") == {"app_secret": "new"}
    assert stored(stack, "CallbackSecret") == CALLBACK


def test_a_new_token_of_the_callback_keeps_its_key(stack: str) -> None:
    assert run(stack, "BBBBB", NAME="callback_token").returncode == 0
    assert stored(stack, "CallbackSecret") == CALLBACK | {"callback_token": "BBBBB"}


def test_a_random_session_key_keeps_the_operator_keys(stack: str) -> None:
    assert run(stack, NAME="session_key", RANDOM="1").returncode == 0
    after = stored(stack, "AccessSecret")
    assert after["operator_keys"] == ACCESS["operator_keys"]
    assert len(str(after["session_key"])) >= 64
    assert after["session_key"] != ACCESS["session_key"]


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
        ("x", {"NAME": "password"}),  # this stack has no Redis
        ("", {"NAME": "app_secret", "RANDOM": "1"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    stack: str, value: str, environment: dict[str, str]
) -> None:
    refused = run(stack, value, **environment)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("secret: ")
    assert "Traceback" not in refused.stderr
    assert {name: stored(stack, name) for name in SECRETS} == SECRETS
