"""The commands of docs/operations.md that erase a user leave nothing of the user."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.tables import create_tables

from minipush.adapters.dynamodb.state.followers import DynamoFollowers
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.domain.accounts import Account, AccountKind
from minipush.domain.followers import KnownFollower

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(not shutil.which("jq"), reason="the commands need jq"),
]

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
# The AWS command line, as far as the commands use it.
AWS = """#!{python}
import json, sys
import boto3
client = boto3.client("dynamodb", endpoint_url="{url}", region_name="us-east-1", aws_access_key_id="test",
                      aws_secret_access_key="test")
given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
given.pop("--output", None)
names = {{"--table-name": "TableName", "--key": "Key", "--projection-expression": "ProjectionExpression",
         "--key-condition-expression": "KeyConditionExpression",
         "--expression-attribute-values": "ExpressionAttributeValues"}}
asked = {{names[name]: json.loads(text) if text.startswith("{{") else text for name, text in given.items()}}
answer = getattr(client, sys.argv[2].replace("-", "_"))(**asked)
answer.pop("ResponseMetadata")
print(json.dumps(answer))
"""


def erase(directory: Path, url: str, openid: str, appid: str, users: str, state: str) -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Erasing a user\n")[1]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found
    tables = f"output() {{ case $1 in UsersTable) echo {users};; StateTable) echo {state};; esac; }}\n"
    commands = re.sub(r"OPENID=\S+ OFFICIAL_APPID=\S+", f"OPENID={openid} OFFICIAL_APPID={appid}", found[1])
    aws = directory / "aws"
    aws.write_text(AWS.format(python=sys.executable, url=url))
    aws.chmod(0o755)
    environment = os.environ | {"PATH": f"{directory}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-euo", "pipefail", "-c", tables + commands], env=environment, check=True)


def items(dynamodb: DynamoDBClient, table: str) -> str:
    scanned: Any = dynamodb.scan(TableName=table)["Items"]
    return json.dumps(scanned)


def test_nothing_is_left_of_an_erased_user_and_others_stay(
    dynamodb: DynamoDBClient, aws_endpoint: str, tmp_path: Path
) -> None:
    users, state = create_tables(dynamodb)
    followers = DynamoFollowers(dynamodb, state, users, Account("wx-official", AccountKind.OFFICIAL_ACCOUNT))
    for name in ("ada", "bo"):
        follower = KnownFollower(openid=f"o-{name}", unionid=f"u-{name}", follows=True, version=1)
        DynamoUserStore(dynamodb, users).record_login(name, f"u-{name}", 1)
        followers.keep(follower, 0)
        followers.join_follower(f"u-{name}", f"o-{name}")
        followers.join_user(f"u-{name}", name)
        followers.copy(name, follower)
    erase(tmp_path, aws_endpoint, "ada", "wx-official", users, state)
    left = items(dynamodb, users) + items(dynamodb, state)
    assert "ada" not in left
    assert followers.user_of("u-bo") == "bo"
    assert followers.read("o-bo").follows
