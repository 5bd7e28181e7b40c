"""`make smoke` on a deployment: it finds what a stranger, a mini-program, WeChat or a back end would."""

import json
import signal
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.counted_aws import signalled
from support.deployment import CALLBACK, Deployment, operator
from support.operated_stack import OperatedStack, operated_stack, secret_resource
from support.served_deployment import serving_deployment

pytestmark = pytest.mark.emulator

ACCESS = {"session_key": "s" * 64, "operator_keys": [operator("read")]}


@pytest.fixture
def stack(
    deployment: Deployment, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OperatedStack]:
    resources = {"CallbackSecret": secret_resource(CALLBACK), "AccessSecret": secret_resource(ACCESS)}
    outputs: dict[str, Any] = {f"{name}Arn": {"Ref": name} for name in resources}
    with serving_deployment(deployment) as api:
        name = f"stack-{uuid.uuid4().hex}"
        with operated_stack(aws_endpoint, name, resources, outputs | {"ApiUrl": api.url}) as made:
            monkeypatch.setenv("CALLBACK_SECRET_ARN", made.resources["CallbackSecret"])
            monkeypatch.setenv("ACCESS_SECRET_ARN", made.resources["AccessSecret"])
            yield made


def levels(stack: OperatedStack) -> tuple[int, dict[str, str]]:
    done = stack.run("smoke")
    assert done.stderr == ""
    rows = [line.split() for line in done.stdout.splitlines()]
    return done.returncode, {row[1]: row[0] for row in rows}


def test_a_deployment_that_works_passes_and_keeps_no_trace(
    deployment: Deployment, stack: OperatedStack
) -> None:
    status, found = levels(stack)
    assert (status, set(found.values())) == (0, {"ok"})
    assert len(found) == 5
    assert stack.secret("AccessSecret") == ACCESS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_smoke_that_is_stopped_leaves_no_key_or_for_minutes_only(
    stack: OperatedStack, number: signal.Signals
) -> None:
    done = signalled(stack, "smoke", lambda _, name: name == "UpdateSecretVersionStage", number)
    left = stack.secret("AccessSecret")["operator_keys"][1:]
    if number is signal.SIGKILL:
        [key] = left
        expiry = datetime.fromisoformat(key["expires_at"])
        assert timedelta(0) < expiry - datetime.now(UTC) <= timedelta(minutes=10)
    else:
        assert (left, done.returncode) == ([], 130)
        assert done.stderr.startswith("smoke: interrupted. smoke-")


def test_a_wrong_app_secret_fails(deployment: Deployment, stack: OperatedStack) -> None:
    deployment.secrets.put_secret_value(
        SecretId=deployment.environment["WECHAT_SECRET_ARN"], SecretString=json.dumps({"app_secret": "wrong"})
    )
    done = stack.run("smoke")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("failed")]
    assert (done.returncode, line.split()[1]) == (1, "log-in")
    assert f"-> make doctor STACK={stack.name}" in line


def test_a_callback_without_a_token_is_a_warning(deployment: Deployment, stack: OperatedStack) -> None:
    arn = stack.resources["CallbackSecret"]
    deployment.secrets.put_secret_value(SecretId=arn, SecretString="{}")
    status, found = levels(stack)
    assert (status, found["callback"]) == (0, "warning")
