"""The drills of docs/backup.md.

The users are lost, and the stack goes on with a restored table. The stack is deleted, and a new one goes on with what
it has left.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from support.campaign_client import CampaignClient, wait_until
from support.running import MakeRun, running

from local.stack.aws import STACK, Aws
from local.stack.build import built
from local.stack.deploy import deploy, sam_deploy

pytestmark = pytest.mark.e2e

ADOPTED = {
    "UsersTableName": "UsersTable",
    "CampaignsTableName": "CampaignsTable",
    "AuditTableName": "AuditTable",
    "ReportsBucketName": "ReportsBucket",
    "CentreTableName": "CentreTable",
}
"""The parameters and the outputs of `make outputs` that go into them."""

KEPT = {"Users", "Campaigns", "Audit", "Centre", "ReportsBucket", "CentreSecret"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    with running(tmp_path_factory.mktemp("restore") / "run") as run:
        yield run


@pytest.fixture
def left(tmp_path: Path) -> Iterator[MakeRun]:
    """With everything that a stack leaves behind. It is for one test: the address of its API leads to the deleted stack."""
    with running(tmp_path / "run", MESSAGE_CENTRE="on") as run:
        yield run


@pytest.mark.parametrize("way", ["backup", "point in time"])
def test_the_stack_goes_on_with_a_restored_table(run: MakeRun, way: str) -> None:
    with run.control() as wechat:
        client = CampaignClient(run, wechat)
        [openid] = client.form_holders(1)
        permits = client.permits(openid)
        aws, restored = Aws(run.aws_url), f"restored-{len(way)}"
        restore(aws, way, restored)
        lose_all_users(aws)
        assert wait_until(lambda: found(client, openid), lambda now: now != permits) != permits
        sam_deploy(aws, built(), parameters(aws) | {"UsersTableName": restored})
        assert wait_until(lambda: found(client, openid), lambda now: now == permits) == permits
        message = {
            "type": "template",
            "template_id": "T1",
            "touser": openid,
            "data": {"thing1": {"value": "茶"}},
        }
        answer = client.post("/messages", message)
        assert [result["status"] for result in answer.json()["results"]] == ["sent"]
        assert openid in [sent["openid"] for sent in wechat.messages()]


def test_a_new_stack_goes_on_with_what_a_deleted_one_has_left(left: MakeRun) -> None:
    with left.control() as wechat:
        client = CampaignClient(left, wechat)
        [openid] = client.form_holders(1)
        permits = client.permits(openid)
    aws = Aws(left.aws_url)
    secrets = aws.client("secretsmanager")
    keys, centre = (secret(aws, name) for name in ("AccessSecret", "CentreSecret"))
    arn = secrets.describe_secret(SecretId=aws.resources()["CentreSecret"])["ARN"]
    given = parameters(aws) | adopted(aws) | {"CentreSecretArn": arn}
    delete(aws)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == centre
    made = deploy(aws, built(), given)
    assert adopted(aws) == {name: given[name] for name in ADOPTED}
    assert not KEPT & made.resources.keys()
    secrets.put_secret_value(SecretId=made.resources["AccessSecret"], SecretString=keys)
    user = f"{left.aws_url}/_aws/execute-api/{made.api_id}/$default/users/{openid}"
    answer = requests.get(user, headers={"Authorization": f"Bearer {left.operator_key}"}, timeout=60)
    assert answer.json()["permits"] == permits


def found(client: CampaignClient, openid: str) -> object:
    """The user's permits; None if the stack doesn't know the user."""
    return client.call("GET", f"/users/{openid}").json().get("permits")


def described(aws: Aws) -> dict[str, Any]:
    [stack] = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    made: dict[str, Any] = stack
    return made


def adopted(aws: Aws) -> dict[str, str]:
    """The names of what is in use, as parameters."""
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described(aws)["Outputs"]}
    return {parameter: outputs[output] for parameter, output in ADOPTED.items() if output in outputs}


def parameters(aws: Aws) -> dict[str, str]:
    """As they were."""
    given = {one["ParameterKey"]: one["ParameterValue"] for one in described(aws)["Parameters"]}
    return {name: value for name, value in given.items() if value and not {",", " "} & set(value)}


def secret(aws: Aws, name: str) -> str:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=aws.resources()[name])
    return str(answer["SecretString"])


def restore(aws: Aws, way: str, name: str) -> None:
    dynamodb, table = aws.client("dynamodb"), adopted(aws)["UsersTableName"]
    if way == "backup":
        made = dynamodb.create_backup(TableName=table, BackupName="drill")["BackupDetails"]
        dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=made["BackupArn"])
    else:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=table, TargetTableName=name, UseLatestRestorableTime=True
        )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    ttl = {"Enabled": True, "AttributeName": "ttl"}
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def lose_all_users(aws: Aws) -> None:
    dynamodb, table = aws.client("dynamodb"), adopted(aws)["UsersTableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("openid", "sk")})


def delete(aws: Aws) -> None:
    cloudformation = aws.client("cloudformation")
    stack = described(aws)["StackId"]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
