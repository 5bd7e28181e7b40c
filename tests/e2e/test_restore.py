"""The restore drill of docs/backup.md: the users are lost, and the stack goes on with a restored table."""

from pathlib import Path
from typing import Any

import pytest
from support.campaign_client import CampaignClient, wait_until
from support.running import running

from local.stack.aws import STACK, Aws
from local.stack.build import built
from local.stack.deploy import sam_deploy

pytestmark = pytest.mark.e2e

RESTORED = "restored"


@pytest.mark.parametrize("way", ["backup", "point in time"])
def test_the_stack_goes_on_with_a_restored_table(tmp_path: Path, way: str) -> None:
    with running(tmp_path / "run") as run, run.control() as wechat:
        client = CampaignClient(run, wechat)
        [openid] = client.form_holders(1)
        permits = client.permits(openid)
        aws = Aws(run.aws_url)
        restore(aws, way)
        lose_all_users(aws)
        assert wait_until(lambda: found(client, openid), lambda now: now != permits) != permits
        adopt(aws)
        assert wait_until(lambda: found(client, openid), lambda now: now == permits) == permits
        message = {
            "type": "template",
            "template_id": "T1",
            "touser": openid,
            "data": {"thing1": {"value": "茶"}},
        }
        answer = client.post("/messages", message)
        assert [result["status"] for result in answer.json()["results"]] == ["sent"]
        assert [sent["openid"] for sent in wechat.messages()] == [openid]


def found(client: CampaignClient, openid: str) -> object:
    """The user's permits; None if the stack doesn't know the user."""
    return client.call("GET", f"/users/{openid}").json().get("permits")


def users(aws: Aws) -> str:
    return aws.resources("AWS::DynamoDB::Table")["Users"]


def restore(aws: Aws, way: str) -> None:
    dynamodb, table = aws.client("dynamodb"), users(aws)
    if way == "backup":
        made = dynamodb.create_backup(TableName=table, BackupName="drill")["BackupDetails"]
        dynamodb.restore_table_from_backup(TargetTableName=RESTORED, BackupArn=made["BackupArn"])
    else:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=table, TargetTableName=RESTORED, UseLatestRestorableTime=True
        )
    dynamodb.get_waiter("table_exists").wait(TableName=RESTORED, WaiterConfig={"Delay": 1})
    ttl = {"Enabled": True, "AttributeName": "ttl"}
    dynamodb.update_time_to_live(TableName=RESTORED, TimeToLiveSpecification=ttl)


def lose_all_users(aws: Aws) -> None:
    dynamodb, table = aws.client("dynamodb"), users(aws)
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("openid", "sk")})


def adopt(aws: Aws) -> None:
    """As `make deploy` with UsersTableName, and the other parameters as they were."""
    [stack] = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    given: dict[str, Any] = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    kept = {name: value for name, value in given.items() if value and not {",", " "} & set(value)}
    sam_deploy(aws, built(), kept | {"UsersTableName": RESTORED})
