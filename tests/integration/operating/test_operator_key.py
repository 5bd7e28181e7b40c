"""`make operator-key` on a deployment: what it prints once opens the API, and what it keeps doesn't."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from support.command_line import CommandLine
from support.deployment import Deployment
from support.operated_stack import OperatedStack, operated_stack, secret_resource

from minipush.http.edge.operator_keys import hash_key
from minipush.http.edge.scopes import OPERATOR_SCOPES
from minipush_cli.aws import operator_keys
from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.aws.operator_keys import KeyOptions, OperatorKeyError, OperatorKeys

pytestmark = pytest.mark.emulator

NAMES = ["shop", "news", "crm", "ops"]


@pytest.fixture
def stack(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatedStack]:
    """It has such a secret, which the functions use."""
    url, name = deployment.environment["AWS_ENDPOINT_URL"], f"stack-{uuid.uuid4().hex}"
    resources = {"Secret": secret_resource({"session_key": "s" * 64, "operator_keys": []})}
    outputs = {"AccessSecretArn": {"Ref": "Secret"}, "AuditTable": deployment.environment["AUDIT_TABLE"]}
    with operated_stack(url, name, resources, outputs) as made:
        deployment.environment["ACCESS_SECRET_ARN"] = made.resources["Secret"]
        monkeypatch.setenv("ACCESS_SECRET_ARN", deployment.environment["ACCESS_SECRET_ARN"])
        yield made


def run(stack: OperatedStack, **variables: str) -> subprocess.CompletedProcess[str]:
    return stack.run("operator_key", **variables)


def test_a_new_key_is_printed_alone_and_opens_what_its_scopes_say(
    deployment: Deployment, stack: OperatedStack
) -> None:
    made = run(stack, NAME="shop", SCOPES="read,admin")
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"mp_[A-Za-z0-9_-]{43}\n", made.stdout)
    key = made.stdout.strip()
    assert deployment.call("read-pool", token=key).status == 200
    assert deployment.call("update-user", {"tags": ["vip"]}, token=key).status == 200
    assert deployment.call("send-messages", token=key).status == 403


def test_only_a_keys_hash_is_kept(deployment: Deployment, stack: OperatedStack) -> None:
    key = run(stack, NAME="shop", SCOPES="read").stdout.strip()
    arn = deployment.environment["ACCESS_SECRET_ARN"]
    kept = json.loads(deployment.secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert set(kept["operator_keys"][0]) == {"name", "scopes", "hash"}
    assert kept["session_key"] == "s" * 64
    assert key not in json.dumps(kept)


def test_keys_are_listed_by_name_and_scope_and_revoked_by_name(
    deployment: Deployment, stack: OperatedStack
) -> None:
    key = run(stack, NAME="shop", SCOPES="read").stdout.strip()
    run(stack, NAME="other", SCOPES="send,admin")
    assert run(stack, LIST="1").stdout == "shop\tread\nother\tsend,admin\n"
    revoked = run(stack, NAME="shop", REVOKE="1")
    assert revoked.returncode == 0
    assert revoked.stdout == "shop is revoked. Every process refuses it within a minute.\n"
    assert run(stack, LIST="1").stdout == "other\tsend,admin\n"
    assert deployment.call("read-pool", token=key).status == 401


def test_revoke_0_revokes_nothing(stack: OperatedStack) -> None:
    run(stack, NAME="shop", SCOPES="read")
    assert run(stack, NAME="shop", REVOKE="0").returncode != 0
    assert run(stack, LIST="1").stdout == "shop\tread\n"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NAME": "shop"},
        {"NAME": "shop", "SCOPES": "read,root"},
        {"NAME": "shop", "SCOPES": "user"},
        {"NAME": "sh op", "SCOPES": "read"},
        {"NAME": "nobody", "REVOKE": "1"},
        {"NAME": "shop", "SCOPES": "read", "EXPIRES": "2020-01-01"},
        {"NAME": "shop", "SCOPES": "read", "EXPIRES": "soon"},
        {"NAME": "shop", "SCOPES": "read", "MAX_AUDIENCE": "0"},
        {"NAME": "shop", "SCOPES": "read", "MAX_PER_SECOND": "fast"},
        {"NAME": "shop", "SCOPES": "read", "TEMPLATES": "T 1"},
        {"NAME": "shop", "SCOPES": "read", "TEMPLATES": ""},
        {"NAME": "shop", "SCOPES": "read", "MAX_AUDIENCE": ""},
        {"NAME": "shop", "SCOPES": "read", "EXPIRES": ""},
        {"NAME": "shop", "REVOKE": "maybe"},
        {"NAME": "shop", "SCOPES": "read", "STACK": "no-such-stack"},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    deployment: Deployment, stack: OperatedStack, environment: dict[str, str]
) -> None:
    refused = run(stack, **environment)
    assert refused.returncode != 0
    assert refused.stdout == ""
    assert refused.stderr.startswith("operator-key: ")
    assert "Traceback" not in refused.stderr
    assert run(stack, LIST="1").stdout == ""


def test_a_keys_last_use_is_listed(deployment: Deployment, stack: OperatedStack) -> None:
    key = run(stack, NAME="shop", SCOPES="read").stdout.strip()
    assert deployment.call("read-pool", token=key).status == 200
    assert re.fullmatch(r"shop\tread\tlast_used=20[0-9T:.-]+Z\n", run(stack, LIST="1").stdout)


def test_a_keys_limits_are_stored_listed_and_hold(deployment: Deployment, stack: OperatedStack) -> None:
    limits = {"EXPIRES": "2100-01-31", "MAX_AUDIENCE": "2", "MAX_PER_SECOND": "5", "TEMPLATES": "T1,T2"}
    key = run(stack, NAME="shop", SCOPES="send", **limits).stdout.strip()
    listed = "expires_at=2100-01-31T00:00:00Z\tmax_audience=2\tmax_per_second=5\ttemplates=T1,T2"
    assert run(stack, LIST="1").stdout == f"shop\tsend\t{listed}\n"
    message = {"type": "template", "template_id": "T1", "touser": ["u1", "u2"]}
    assert deployment.call("send-messages", message, token=key).status == 200
    assert deployment.call("send-messages", message | {"template_id": "T3"}, token=key).status == 403
    assert deployment.call("send-messages", message | {"touser": ["u1", "u2", "u3"]}, token=key).status == 403


def test_keys_that_are_made_at_the_same_time_are_all_kept(
    deployment: Deployment, stack: OperatedStack
) -> None:
    with ThreadPoolExecutor(len(NAMES)) as at_once:
        made = list(at_once.map(lambda name: run(stack, NAME=name, SCOPES="read"), NAMES))
    assert [one.stderr for one in made] == [""] * len(NAMES)
    assert sorted(line.split()[0] for line in run(stack, LIST="1").stdout.splitlines()) == sorted(NAMES)
    assert {deployment.call("read-pool", token=one.stdout.strip()).status for one in made} == {200}


def test_a_name_in_use_is_refused(deployment: Deployment, stack: OperatedStack) -> None:
    keys = OperatorKeys(DeployedStack(boto3.Session(), stack.name))
    keys.add("shop", KeyOptions(scopes=["read"]))
    with pytest.raises(OperatorKeyError, match="shop already exists"):
        keys.add("shop", KeyOptions(scopes=["send"]))


def test_an_entry_that_somebody_damaged_is_listed_and_hinders_nothing(
    deployment: Deployment, stack: OperatedStack
) -> None:
    no_hash = {"name": "half", "scopes": ["read"]}
    damaged = {
        "session_key": "s" * 64,
        "operator_keys": [5, {"scopes": ["read"], "hash": "sha256:aa"}, no_hash],
    }
    arn = deployment.environment["ACCESS_SECRET_ARN"]
    deployment.secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(damaged))
    assert run(stack, NAME="shop", SCOPES="read").returncode == 0
    assert run(stack, LIST="1").stdout == "?\tunreadable\n?\tunreadable\nhalf\tunreadable\nshop\tread\n"
    assert run(stack, NAME="half", REVOKE="1").returncode == 0


# ---- the same by the command line


def test_the_command_line_makes_lists_and_revokes_keys(deployment: Deployment, stack: OperatedStack) -> None:
    minipush = CommandLine({"STACK": stack.name})
    limits = ("--expires", "2100-01-31", "--max-audience", "2", "--templates", "T1,T2")
    key = minipush("keys", "make", "shop", "--scopes", "read", *limits).out.strip()
    assert deployment.call("read-pool", token=key).status == 200
    [listed] = minipush("keys", "list", "-o", "json").json["items"]
    assert (listed["name"], listed["max_audience"], listed["templates"]) == ("shop", 2, ["T1", "T2"])
    assert listed["last_used"].startswith("20")
    assert "2100-01-3" in minipush("keys", "list").out
    assert minipush("keys", "make", "shop", "--scopes", "read").status == 5
    assert minipush("keys", "revoke", "shop").status == 2
    assert minipush("keys", "revoke", "shop", "--yes").status == 0
    assert minipush("keys", "revoke", "shop", "--yes", "-o", "json").status == 4
    made = minipush("keys", "make", "news", "--scopes", "send", "-o", "json").json
    assert minipush("keys", "revoke", "news", "--yes", "-o", "json").json == {"revoked": made["name"]}


def test_what_aws_refuses_is_said_in_words(
    deployment: Deployment, stack: OperatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = CommandLine({"STACK": "no-such-stack"})("keys", "list")
    assert (unknown.status, unknown.err) == (4, "minipush: there is no stack no-such-stack in us-east-1\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert CommandLine({"STACK": stack.name})("keys", "list").status == 6


def test_without_boto3_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    refused = CommandLine()("keys", "list")
    assert refused.status == 2
    assert "minipush[aws]" in refused.err


@pytest.mark.parametrize("key", ["mp_" + "k" * 43, "an operator key"])
def test_the_command_line_hashes_a_key_as_the_deployment_does(key: str) -> None:
    assert operator_keys.hash_key(key) == hash_key(key)
    assert set(operator_keys.SCOPES) == OPERATOR_SCOPES
