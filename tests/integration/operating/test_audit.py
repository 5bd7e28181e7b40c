"""`make audit` on a deployment."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from support.deployment import Deployment
from support.operated_stack import OperatedStack, operated_stack

pytestmark = pytest.mark.emulator


@pytest.fixture
def stack(deployment: Deployment) -> Iterator[OperatedStack]:
    """With the deployment's Audit table among its outputs."""
    url, name = deployment.environment["AWS_ENDPOINT_URL"], f"stack-{uuid.uuid4().hex}"
    nothing = {"Nothing": {"Type": "AWS::SQS::Queue"}}
    with operated_stack(url, name, nothing, {"AuditTable": deployment.environment["AUDIT_TABLE"]}) as made:
        yield made


def lines(stack: OperatedStack, **variables: str) -> list[dict[str, Any]]:
    done = stack.run("audit", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_acts_are_printed_in_order_and_found_by_operator_user_and_campaign(
    deployment: Deployment, stack: OperatedStack
) -> None:
    deployment.call("update-user", {"tags": ["vip"]}, token="mp_admin", openid="anna")
    deployment.call("update-user", {"tags": ["vip"]}, token="mp_admin", openid="ben")
    made = deployment.call("create-campaign", token="mp_send").json["id"]
    deployment.call("read-pool", token="mp_read")
    found = lines(stack)
    assert [line["action"] for line in found] == ["PATCH /users/{openid}"] * 2 + ["POST /campaigns"]
    assert [line["operator"] for line in found] == ["admin", "admin", "send"]
    assert {"at", "request_id", "status"} <= found[0].keys()
    assert lines(stack, OPERATOR="send") == lines(stack, CAMPAIGN=made) == found[2:]
    assert lines(stack, OPENID="anna") == found[:1]


def test_a_line_stays_400_days(deployment: Deployment, stack: OperatedStack) -> None:
    deployment.call("update-user", {"tags": ["vip"]}, token="mp_admin", openid="anna")
    at = lines(stack)[0]["at"]
    [item] = boto3.client("dynamodb").query(
        TableName=deployment.environment["AUDIT_TABLE"],
        KeyConditionExpression="#log = :log",
        ExpressionAttributeNames={"#log": "log"},
        ExpressionAttributeValues={":log": {"S": f"acts#{at[:10]}"}},
    )["Items"]
    kept_seconds = int(item["ttl"]["N"]) - datetime.fromisoformat(at).timestamp()
    assert round(kept_seconds / 86_400) == 400


@pytest.mark.parametrize("days", ["0", "401", "many"])
def test_days_that_make_no_sense_are_refused(stack: OperatedStack, days: str) -> None:
    refused = stack.run("audit", DAYS=days)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("audit: ")
