"""`make export` and `make import`: the tables of a deployment to S3, and from there into those of another one."""

import gzip
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from support.exported_tables import copy_export, write_export
from support.operated_stack import CREDENTIALS, OperatedStack, operated_stack

from local.processes import ROOT
from minipush_cli.errors import CommandError
from operate.tables.export import _run as export
from operate.tables.import_ import PART
from operate.tables.import_ import _run as import_

pytestmark = pytest.mark.emulator

USERS = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("openid", "sk")],
        "KeySchema": [{"AttributeName": "openid", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}  # fmt: skip
AT = "2026-11-30T10:00:00Z"


@pytest.fixture
def stack(aws_endpoint: str) -> Iterator[OperatedStack]:
    with operated_stack(
        aws_endpoint, f"stack-{uuid.uuid4().hex}", {"Users": USERS}, {"UsersTable": {"Ref": "Users"}}
    ) as made:
        made.client("dynamodb").update_continuous_backups(
            TableName=made.resources["Users"],
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        yield made


@pytest.fixture
def folder(stack: OperatedStack) -> str:
    bucket = f"exports-{uuid.uuid4().hex}"
    stack.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/minipush"


def permits(count: int) -> list[dict[str, Any]]:
    return [
        {
            "openid": {"S": f"u{n}"},
            "sk": {"S": "permit"},
            "expires": {"N": str(n)},
            "seal": {"B": b"\x00\xff"},
        }
        for n in range(count)
    ]


def stored(stack: OperatedStack) -> list[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.resources["Users"])
    return sorted(
        (item for page in pages for item in page["Items"]), key=lambda item: int(item["openid"]["S"][1:])
    )


def environment(stack: OperatedStack, folder: str) -> dict[str, str]:
    path = os.pathsep.join(str(ROOT / part) for part in ("", "layers/common", "cli/src"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = {"PYTHONPATH": path, "AWS_ENDPOINT_URL": stack.url, "STACK": stack.name, "FROM": folder}
    return inherited | CREDENTIALS | own


def exports(stack: OperatedStack) -> list[str]:
    """Their ARNs."""
    table = stack.client("dynamodb").describe_table(TableName=stack.resources["Users"])["Table"]
    found = stack.client("dynamodb").list_exports(TableArn=table["TableArn"])["ExportSummaries"]
    return [one["ExportArn"] for one in found]


def test_an_export_that_is_not_in_the_bucket_is_none(stack: OperatedStack, folder: str) -> None:
    """The emulator calls it complete."""
    for to in (folder, f"s3://none-{uuid.uuid4().hex}/minipush"):
        done = stack.run("tables.export", TO=to, AT=AT)
        assert (done.returncode, done.stdout) == (1, "")
        said = done.stderr.splitlines()[-1]
        assert (
            f"no manifest-summary.json below {to}/{stack.name}/2026-11-30T100000Z/Users; the emulator" in said
        )


def test_an_export_names_its_folder_and_may_be_repeated(stack: OperatedStack, folder: str) -> None:
    place = f"{folder}/{stack.name}/2026-11-30T100000Z/Users"
    stack.run("tables.export", TO=folder, AT=AT)
    [arn] = exports(stack)
    write_export(stack.client("s3"), place, [], id_=arn.rpartition("/")[2])
    done = stack.run("tables.export", TO=folder, AT=AT)
    assert done.stdout == f"Users\t0\t{place}\n"
    assert exports(stack) == [arn]


def test_without_a_time_it_is_the_last_one_that_can_be_restored(stack: OperatedStack, folder: str) -> None:
    done = stack.run("tables.export", TO=folder)
    assert done.stderr.startswith("export: as of 20")
    assert len(exports(stack)) == 1


def test_a_table_without_recovery_cannot_be_exported(stack: OperatedStack, folder: str) -> None:
    stack.client("dynamodb").update_continuous_backups(
        TableName=stack.resources["Users"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    done = stack.run("tables.export", TO=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no point-in-time recovery" in done.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "make export TO="),
        ({"TO": "bucket"}, "no s3://"),
        ({"TO": "s3://b", "AT": "2026-11-30T10:00"}, "time zone"),
    ],
)
def test_what_an_export_cannot_do_is_said(stack: OperatedStack, variables: dict[str, str], said: str) -> None:
    done = stack.run("tables.export", **variables)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_an_import_stores_what_was_exported(stack: OperatedStack, folder: str, tmp_path: Path) -> None:
    progress = tmp_path / "import.progress"
    write_export(stack.client("s3"), f"{folder}/any/Users", permits(30))
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(progress))
    assert done.stdout.splitlines()[-1] == "Users: 30 of 30 items, 30 stored, 0 were there"
    assert stored(stack) == permits(30)
    assert not progress.exists()


def test_a_copy_in_another_bucket_and_folder_is_imported_once_the_export_is_gone(
    stack: OperatedStack, folder: str, tmp_path: Path
) -> None:
    s3 = stack.client("s3")
    gone, copied = f"gone-{uuid.uuid4().hex}", f"{folder}/of-last-year"
    s3.create_bucket(Bucket=gone)
    write_export(s3, f"s3://{gone}/any/Users", permits(30))
    copy_export(s3, f"s3://{gone}/any", copied)
    for one in s3.list_objects_v2(Bucket=gone)["Contents"]:
        s3.delete_object(Bucket=gone, Key=one["Key"])
    done = stack.run("tables.import_", FROM=copied, PROGRESS=str(tmp_path / "p"))
    assert (done.returncode, stored(stack)) == (0, permits(30)), done.stderr


def test_what_is_in_the_table_stays(stack: OperatedStack, folder: str, tmp_path: Path) -> None:
    newer = permits(1)[0] | {"expires": {"N": "9999"}}
    stack.client("dynamodb").put_item(TableName=stack.resources["Users"], Item=newer)
    write_export(stack.client("s3"), f"{folder}/any/Users", permits(3))
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(tmp_path / "p"))
    assert done.stdout.splitlines()[-1] == "Users: 3 of 3 items, 2 stored, 1 were there"
    assert stored(stack)[0] == newer


def test_a_killed_import_goes_on_where_it_was(stack: OperatedStack, folder: str, tmp_path: Path) -> None:
    count = 3 * PART
    write_export(stack.client("s3"), f"{folder}/any/Users", permits(count))
    progress = tmp_path / "import.progress"
    variables = environment(stack, folder) | {"PROGRESS": str(progress)}
    with subprocess.Popen(
        [sys.executable, "-m", "operate.tables.import_"], env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == f"Users: {PART} of {count:,} items, {PART} stored, 0 were there\n"
        process.kill()
    kept = sum(json.loads(progress.read_text())["done"].values())
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(progress))
    assert done.returncode == 0, done.stderr
    assert kept >= PART
    assert done.stdout.splitlines()[-1].startswith(f"Users: {count:,} of {count:,} items, ")
    assert (
        sum(map(_number, re.findall(r"([\d,]+) (?:stored|were)", done.stdout.splitlines()[-1])))
        == count - kept
    )
    assert stored(stack) == permits(count)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_progress_of_another_import_is_not_used(
    stack: OperatedStack, folder: str, tmp_path: Path
) -> None:
    progress = tmp_path / "import.progress"
    progress.write_text(json.dumps({"source": "s3://another into minipush", "done": {}}))
    write_export(stack.client("s3"), f"{folder}/any/Users", permits(1))
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(progress))
    assert (done.returncode, "belongs to another import" in done.stderr) == (2, True), done.stderr
    assert stored(stack) == []


def test_a_file_that_changed_since_the_export_is_refused(
    stack: OperatedStack, folder: str, tmp_path: Path
) -> None:
    s3 = stack.client("s3")
    write_export(s3, f"{folder}/any/Users", permits(2), files=1)
    bucket = folder.split("/")[2]
    [key] = [
        one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"] if one["Key"].endswith(".gz")
    ]
    others = gzip.compress(json.dumps({"Item": {"openid": {"S": "u9"}, "sk": {"S": "permit"}}}).encode())
    s3.put_object(Bucket=bucket, Key=key, Body=others)
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(tmp_path / "p"))
    assert (done.returncode, "has changed since the export" in done.stderr) == (1, True), done.stderr
    assert stored(stack) == []


def test_two_exports_of_one_table_are_not_mixed(stack: OperatedStack, folder: str, tmp_path: Path) -> None:
    for day in ("first", "second"):
        write_export(stack.client("s3"), f"{folder}/{day}/Users", permits(1))
    done = stack.run("tables.import_", FROM=folder, PROGRESS=str(tmp_path / "p"))
    assert (done.returncode, "several exports of one table" in done.stderr) == (2, True), done.stderr


def test_an_import_from_a_bucket_that_does_not_exist_is_not_advised_to_be_repeated(
    stack: OperatedStack,
) -> None:
    name = f"none-{uuid.uuid4().hex}"
    done = stack.run("tables.import_", FROM=f"s3://{name}/minipush")
    assert (done.returncode, done.stderr) == (4, f"import: there is no bucket {name}\n")


def test_a_folder_without_an_export_says_so(stack: OperatedStack, folder: str) -> None:
    done = stack.run("tables.import_", FROM=f"{folder}/none")
    assert (done.returncode, "no complete export" in done.stderr) == (1, True), done.stderr


# ---- permissions

CALLED_OTHERWISE = {"s3:HeadObject": "s3:GetObject", "s3:ListObjectsV2": "s3:ListBucket"}
IN_OUR_NAME = {"s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"}
"""DynamoDB asks for them: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html"""


@pytest.fixture
def called(stack: OperatedStack, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the commands call in this process, as IAM names it."""
    names: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        name = f"{client.meta.service_model.endpoint_prefix}:{operation}"
        names.add(CALLED_OTHERWISE.get(name, name))
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    for name, value in environment(stack, "").items():
        monkeypatch.setenv(name, value)
    return names


def named(page: str, heading: str) -> set[str]:
    """The permissions that a section of the page names."""
    text = (ROOT / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"`((?:cloudformation|dynamodb|s3):\w+)`", text))


@pytest.mark.parametrize(
    ("page", "heading"), [("docs/backup.md", "Export"), ("docs/backup.zh-CN.md", "导出")]
)
def test_the_page_names_what_an_export_needs(
    stack: OperatedStack, folder: str, called: set[str], page: str, heading: str
) -> None:
    for at in ("", AT):
        with pytest.raises(CommandError, match="the emulator of a local stack exports nothing"):
            list(export(os.environ | {"TO": folder, "AT": at}))
    assert called | IN_OUR_NAME | {"s3:ListBucket"} == named(page, heading)  # without it, 403 stands for 404


@pytest.mark.parametrize(
    ("page", "heading"), [("docs/backup.md", "Import"), ("docs/backup.zh-CN.md", "导入")]
)
def test_the_page_names_what_an_import_needs(
    stack: OperatedStack, folder: str, called: set[str], tmp_path: Path, page: str, heading: str
) -> None:
    write_export(stack.client("s3"), f"{folder}/any/Users", permits(3))
    called.clear()  # of the test itself
    list(import_(os.environ | {"FROM": folder, "PROGRESS": str(tmp_path / "p")}))
    assert called == named(page, heading)
