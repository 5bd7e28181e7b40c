"""`make deploy` and `make build`: where they go, what they ask, and what they refuse before they build."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.aws_cli import run_aws_commands
from support.operated_stack import OperatedStack, operated_stack, run

pytestmark = pytest.mark.emulator

STAGING = "minipush-staging"
QUEUE = {"Type": "AWS::SQS::Queue"}
SAM = """#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument"; done >> "$CALLS"
echo --- >> "$CALLS"
[ "$1" != "$FAILING" ]
"""


@pytest.fixture(scope="module")
def staging(aws_endpoint: str) -> Iterator[OperatedStack]:
    with operated_stack(aws_endpoint, STAGING, {"Queue": QUEUE}, {}) as made:
        yield made


@pytest.fixture
def sam(tmp_path: Path) -> dict[str, str]:
    """Variables that put a stand-in in the place of the SAM CLI. It writes its arguments into the file CALLS."""
    program = tmp_path / "sam"
    program.write_text(SAM)
    program.chmod(0o755)
    return {"SAM": str(program), "CALLS": str(tmp_path / "calls"), "FAILING": ""}


def calls(sam: dict[str, str]) -> list[list[str]]:
    path = Path(sam["CALLS"])
    texts = path.read_text().split("---\n")[:-1] if path.exists() else []
    return [text.splitlines() for text in texts]


def test_a_deployment_shows_where_it_goes_and_goes_there(staging: OperatedStack, sam: dict[str, str]) -> None:
    done = run(staging.url, "deploy", ENV="staging", YES="1", **sam)
    assert (done.returncode, done.stderr) == (0, "")
    shown = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert shown["account"].startswith("000000000000, as arn:aws:")
    assert shown["region"] == "us-east-1"
    assert shown["stack"] == "minipush-staging (CREATE_COMPLETE)"
    assert shown["environment"] == "staging"
    where = ["--config-env", "staging", "--region", "us-east-1"]
    assert calls(sam) == [
        ["build", *where],
        ["deploy", *where, "--stack-name", STAGING, "--no-confirm-changeset"],
    ]


def test_without_a_terminal_and_without_consent_nothing_is_built(
    staging: OperatedStack, sam: dict[str, str]
) -> None:
    refused = run(staging.url, "deploy", stdin="yes\n", ENV="staging", **sam)
    assert refused.returncode == 1
    assert "YES=1" in refused.stderr
    assert "minipush-staging" in refused.stdout
    assert calls(sam) == []


def test_a_build_that_fails_deploys_nothing(staging: OperatedStack, sam: dict[str, str]) -> None:
    failed = run(staging.url, "deploy", ENV="staging", YES="1", **(sam | {"FAILING": "build"}))
    assert failed.returncode == 1
    assert [call[0] for call in calls(sam)] == ["build"]


def test_the_first_deployment_needs_the_appid(aws_endpoint: str, sam: dict[str, str]) -> None:
    refused = run(aws_endpoint, "deploy", ENV="prod", YES="1", **sam)
    assert refused.returncode == 1
    assert "[prod.global.parameters.parameter_overrides]" in refused.stderr
    assert calls(sam) == []


def test_stack_names_another_stack(staging: OperatedStack, sam: dict[str, str]) -> None:
    assert run(staging.url, "deploy", ENV="prod", STACK=STAGING, YES="1", **sam).returncode == 0
    [_, deployed] = calls(sam)
    assert deployed[:3] == ["deploy", "--config-env", "prod"]
    assert deployed[deployed.index("--stack-name") + 1] == STAGING


def test_a_build_for_china_reads_the_section_of_china(aws_endpoint: str, sam: dict[str, str]) -> None:
    assert run(aws_endpoint, "deploy build", ENV="cn", **sam).returncode == 0
    assert calls(sam) == [["build", "--config-env", "cn", "--region", "cn-north-1"]]


# ---- stacks that AWS does not update


@pytest.fixture
def failed_creation(aws_endpoint: str) -> OperatedStack:
    """A stack whose creation was rolled back."""
    stack = OperatedStack(f"stack-{uuid.uuid4().hex}", aws_endpoint)
    resources = {"Queue": QUEUE, "Wrong": QUEUE | {"Properties": {"VisibilityTimeout": 1_000_000}}}
    client = stack.client("cloudformation")
    client.create_stack(StackName=stack.name, TemplateBody=json.dumps({"Resources": resources}))
    deadline = time.monotonic() + 30
    while status(stack).endswith("_IN_PROGRESS") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert status(stack) == "ROLLBACK_COMPLETE"
    return stack


def status(stack: OperatedStack) -> str:
    [found] = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    return str(found["StackStatus"])


def test_a_stack_that_can_only_be_deleted_is_refused_before_anything_is_built(
    failed_creation: OperatedStack, sam: dict[str, str]
) -> None:
    refused = failed_creation.run("deploy", YES="1", **sam)
    assert refused.returncode == 5
    assert "ROLLBACK_COMPLETE" in refused.stderr
    command = f"aws cloudformation delete-stack --stack-name {failed_creation.name} --region us-east-1"
    assert command in refused.stderr
    assert calls(sam) == []


def test_the_doctor_says_what_to_do_with_a_creation_that_failed(
    failed_creation: OperatedStack, aws_endpoint: str, tmp_path: Path
) -> None:
    done = failed_creation.run("doctor", JSON="1")
    [check] = json.loads(done.stdout)["checks"]
    assert (done.returncode, check["name"], check["level"]) == (1, "stack", "failed")
    look, delete = check["next"].partition(" (")[0].split("; then: ")
    assert "Wrong" in run_aws_commands(look, tmp_path, aws_endpoint, {})
    run_aws_commands(delete, tmp_path, aws_endpoint, {})
    gone: Any = failed_creation.client("cloudformation").get_waiter("stack_delete_complete")
    gone.wait(StackName=failed_creation.name, WaiterConfig={"Delay": 1})


def test_a_stack_of_something_else_is_said_to_be_none(aws_endpoint: str) -> None:
    with operated_stack(aws_endpoint, f"stack-{uuid.uuid4().hex}", {"Queue": QUEUE}, {}) as other:
        done = other.run("doctor", JSON="1")
    [check] = json.loads(done.stdout)["checks"]
    assert (done.returncode, check["level"]) == (1, "failed")
    assert "it is not minipush" in check["found"]


def test_no_local_stack_is_deployed_to(aws_endpoint: str, sam: dict[str, str]) -> None:
    """The question would show the emulator, and SAM would deploy to AWS."""
    refused = run(aws_endpoint, "deploy", AWS_PORT="4566", YES="1", **sam)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "AWS_PORT names a local stack" in refused.stderr
