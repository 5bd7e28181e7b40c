"""docs/deploy-policy.json lets a role deploy every resource that the template can have.

AWS publishes what a resource of each type needs, and cfn-lint brings it.
"""

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from support.template import RESOURCES
from support.transformed import Stack

from local.processes import ROOT

POLICY = json.loads((ROOT / "docs/deploy-policy.json").read_text(encoding="utf-8"))
[SCHEMAS] = (ROOT / ".tools/sam/lib").glob("python*/site-packages/cfnlint/data/schemas")
# Of properties that no resource of the template has: keys of one's own, streams, replicas, file systems, inventories.
UNUSED_SERVICES = {"elasticfilesystem", "firehose", "kinesis", "kms", "s3files", "s3tables"}
UNUSED = {
    "AWS::DynamoDB::Table": {"iam:CreateServiceLinkedRole", "s3:GetObjectMetadata"},
    "AWS::Logs::LogGroup": {"s3:REST.PUT.OBJECT"},
}
OF_THE_COMMANDS = {
    "cloudformation:CreateChangeSet", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet", "cloudformation:GetTemplateSummary", "lambda:GetAccountSettings",
    "s3:PutObject", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}  # fmt: skip
"""`make deploy`, the SAM CLI in it, and `make smoke`."""
EVERYTHING = {
    "MessageCentre": "on",
    "MailProvider": "ses",
    "MailConfigurationSet": "mail",
    "OfficialAppId": "wx1",
    "RedisUrl": "redis://redis.example:6379",
    "DomainName": "push.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    "HostedZoneId": "Z0",
    "AlarmEmail": "ops@example.com",
    "TrafficShifting": "Canary10Percent5Minutes",
}
TYPES = sorted({resource["Type"] for resource in Stack(**EVERYTHING).resources.values()})


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def allowed() -> list[tuple[str, list[str]]]:
    """Patterns of actions, each with its resources."""
    return [
        (action, listed(one["Resource"])) for one in POLICY["Statement"] for action in listed(one["Action"])
    ]


def is_allowed(action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern, _ in allowed())


@cache
def index() -> dict[str, str]:
    content: dict[str, str] = json.loads((SCHEMAS / "providers/us-east-1.json").read_text(encoding="utf-8"))
    return content


def needed(kind: str) -> set[str]:
    """To create, read, change and delete a resource of this type."""
    schema = json.loads((SCHEMAS / f"resources/{index()[kind]}.json").read_text(encoding="utf-8"))
    return {
        action for name, one in schema["handlers"].items() if name != "list" for action in one["permissions"]
    }


def test_every_type_of_the_template_is_tried() -> None:
    explicit = {one["Type"] for one in RESOURCES.values()}
    of_sam = {"AWS::Serverless::Function", "AWS::Serverless::HttpApi", "AWS::Serverless::LayerVersion"}
    assert explicit - of_sam <= {*TYPES}
    assert {"AWS::Lambda::Function", "AWS::CodeDeploy::DeploymentGroup", "AWS::ApiGatewayV2::Api"} <= {*TYPES}


@pytest.mark.parametrize("kind", TYPES)
def test_a_role_with_the_policy_may_do_what_a_resource_needs(kind: str) -> None:
    wanted = needed(kind) - UNUSED.get(kind, set())
    missing = {action for action in wanted if not is_allowed(action)}
    assert {action for action in missing if action.partition(":")[0] not in UNUSED_SERVICES} == set()


def test_it_may_run_the_commands() -> None:
    assert {action for action in OF_THE_COMMANDS if not is_allowed(action)} == set()


def test_each_action_has_a_resource_of_its_service() -> None:
    for action, on in allowed():
        service = action.partition(":")[0]
        assert on == ["*"] or any(each.split(":")[2] == service for each in on), action


def test_each_secret_of_the_template_is_named() -> None:
    """CloudFormation names them without the stack."""
    secrets = {name for name, one in RESOURCES.items() if one["Type"] == "AWS::SecretsManager::Secret"}
    named = {each for _, on in allowed() for one in on for each in re.findall(r":secret:(\w+)-\*$", one)}
    assert named == secrets


def test_it_reads_no_data_of_other_stacks() -> None:
    others = {"dynamodb", "s3", "secretsmanager", "sqs", "sns", "iam"}
    everywhere = {action for action, on in allowed() if "*" in on}
    assert {action for action in everywhere if action.partition(":")[0] in others} == {
        "secretsmanager:GetRandomPassword"
    }


def test_it_is_no_longer_than_a_managed_policy_may_be() -> None:
    assert len(re.sub(r"\s", "", json.dumps(POLICY))) <= 6144
