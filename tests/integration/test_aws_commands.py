"""The commands for the AWS CLI in docs/, run as they are printed against the emulator."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws_cli import run_aws_commands
from support.command_pages import blocks
from support.operated_stack import operated_stack, secret_resource
from support.tables import create_tables

from local.processes import ROOT
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.domain.permit_kinds import FORM
from minipush.domain.permits import Permit

pytestmark = pytest.mark.emulator


def block(page: str, words: str) -> str:
    [found] = [one for one in blocks(page) if words in one]
    return found


def test_a_restored_table_gets_the_settings_that_a_restore_leaves_out(
    dynamodb: DynamoDBClient, aws_endpoint: str, tmp_path: Path
) -> None:
    table = f"restored-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "openid", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "openid", "AttributeType": "S"}],
    )
    script = block("docs/deployment.md", "update-time-to-live").replace("TABLE=restored", f"TABLE={table}")
    run_aws_commands(script, tmp_path, aws_endpoint, {})
    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]


def test_the_history_of_a_user_is_read(dynamodb: DynamoDBClient, aws_endpoint: str, tmp_path: Path) -> None:
    users, _ = create_tables(dynamodb)
    DynamoUserStore(dynamodb, users).add("anna", [Permit(FORM, "a-form-id", None)], None, 1)
    [script] = [
        one
        for one in blocks("docs/operations.md")
        if "aws dynamodb query" in one and "delete-item" not in one
    ]
    printed: Any = json.loads(run_aws_commands(script, tmp_path, aws_endpoint, {"UsersTable": users}))
    assert [item["openid"] for item in printed["Items"]] == [{"S": "anna"}]


def test_a_certificate_is_requested_and_says_which_record_proves_the_domain(
    aws_endpoint: str, tmp_path: Path
) -> None:
    script = block("docs/china.md", "acm request-certificate")
    printed = run_aws_commands(
        re.sub(r"^aws acm wait.*\n", "", script, flags=re.MULTILINE), tmp_path, aws_endpoint, {}
    )
    [record] = json.loads(printed)
    assert (record["Type"], "push.example.cn" in record["Name"]) == ("CNAME", True)
    acm = boto3.Session("test", "test", region_name="us-east-1").client("acm", endpoint_url=aws_endpoint)
    names = [one["DomainName"] for one in acm.list_certificates()["CertificateSummaryList"]]
    assert "push.example.cn" in names


def test_a_configuration_set_of_ses_tells_the_default_bus_of_mails_that_come_back(
    aws_endpoint: str, tmp_path: Path
) -> None:
    script = block("docs/centre.md", "create-configuration-set")
    run_aws_commands(script, tmp_path, aws_endpoint, {})
    ses = boto3.Session("test", "test", region_name="us-east-1").client("sesv2", endpoint_url=aws_endpoint)
    [made] = ses.get_configuration_set_event_destinations(ConfigurationSetName="minipush")[
        "EventDestinations"
    ]
    assert made["MatchingEventTypes"] == ["BOUNCE", "COMPLAINT"]
    assert made["EventBridgeDestination"]["EventBusArn"].endswith(":event-bus/default")


def test_the_role_that_deploys_gets_its_policy(aws_endpoint: str, tmp_path: Path) -> None:
    iam = boto3.Session("test", "test", region_name="us-east-1").client("iam", endpoint_url=aws_endpoint)
    iam.create_role(RoleName="deploy-push", AssumeRolePolicyDocument="{}")
    script = f"cd {ROOT}\n{block('docs/upgrading.md', 'put-role-policy')}"
    run_aws_commands(script, tmp_path, aws_endpoint, {})
    policy = iam.get_role_policy(RoleName="deploy-push", PolicyName="deploy")["PolicyDocument"]
    accounts = set(re.findall(r"\d{12}", json.dumps(policy)))
    assert accounts == {"111122223333"}


# ---- docs/backup.md


def of_aws(words: str) -> str:
    """The block without the lines that are of make."""
    return re.sub(r"^(make|eval) .*\n", "", block("docs/backup.md", words), flags=re.MULTILINE)


def test_a_table_is_backed_up_and_restored_under_another_name(
    dynamodb: DynamoDBClient, aws_endpoint: str, tmp_path: Path
) -> None:
    users, _ = create_tables(dynamodb)
    run_aws_commands(block("docs/backup.md", "create-backup"), tmp_path, aws_endpoint, {"UsersTable": users})
    [backup] = dynamodb.list_backups(TableName=users)["BackupSummaries"]
    assert backup["BackupName"] == "before-the-move"
    dynamodb.update_continuous_backups(
        TableName=users, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    name = f"restored-{uuid.uuid4().hex}"
    script = block("docs/backup.md", "restore-table-to-point-in-time")
    script = re.sub(r"(--target-table-name|--table-name) restored", rf"\1 {name}", script)
    run_aws_commands(script, tmp_path, aws_endpoint, {"UsersTable": users})
    assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


def test_a_stack_names_the_secret_of_its_centre_before_it_is_deleted(
    aws_endpoint: str, tmp_path: Path
) -> None:
    resources = {"CentreSecret": secret_resource({"encryption_key": "k"})}
    with operated_stack(aws_endpoint, f"stack-{uuid.uuid4().hex}", resources, {}) as stack:
        named = f"MINIPUSH_STACK={stack.name}\n"
        arn = run_aws_commands(named + of_aws("list-stack-resources"), tmp_path, aws_endpoint, {})
        assert arn.strip() == stack.resources["CentreSecret"]
        run_aws_commands(named + of_aws("delete-stack"), tmp_path, aws_endpoint, {})
        gone = stack.client("cloudformation").get_waiter("stack_delete_complete")
        gone.wait(StackName=stack.name, WaiterConfig={"Delay": 1})


def test_the_reports_are_copied_beside_the_export(aws_endpoint: str, tmp_path: Path) -> None:
    s3 = boto3.Session("test", "test", region_name="us-east-1").client("s3", endpoint_url=aws_endpoint)
    for bucket in ("reports-of-the-stack", "my-bucket"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="reports-of-the-stack", Key="c-1/report.jsonl", Body=b"{}")
    run_aws_commands(of_aws("s3 sync"), tmp_path, aws_endpoint, {"ReportsBucket": "reports-of-the-stack"})
    [copied] = s3.list_objects_v2(Bucket="my-bucket", Prefix="minipush/reports/")["Contents"]
    assert copied["Key"] == "minipush/reports/c-1/report.jsonl"
