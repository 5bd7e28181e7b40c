"""ENV selects the stack for every command. The environments are those of samconfig.toml."""

import json
import shlex
import subprocess
import time
import uuid
from collections.abc import Iterator

import pytest
from support.operated_stack import OperatedStack, operated_stack, run, secret_resource

from minipush.domain.ids import user_hash

pytestmark = pytest.mark.emulator

STAGING = "minipush-staging"
ACCESS = {
    "session_key": "s" * 64,
    "operator_keys": [{"name": "of-staging", "scopes": ["read"], "hash": "sha256:"}],
}
AUDIT = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("log", "entry")],
        "KeySchema": [{"AttributeName": "log", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}],
    },
}  # fmt: skip
RESOURCES = {
    "AccessSecret": secret_resource(ACCESS),
    "WeChatSecret": secret_resource({"app_secret": "old"}),
    "Audit": AUDIT,
    "PushLogs": {"Type": "AWS::Logs::LogGroup"},
    "SweepLogs": {"Type": "AWS::Logs::LogGroup"},
}
OUTPUTS = {
    "AccessSecretArn": {"Ref": "AccessSecret"},
    "WeChatSecretArn": {"Ref": "WeChatSecret"},
    "AuditTable": {"Ref": "Audit"},
    "ApiUrl": "https://api.example",
}


@pytest.fixture(scope="module")
def staging(aws_endpoint: str) -> Iterator[OperatedStack]:
    with operated_stack(aws_endpoint, STAGING, RESOURCES, OUTPUTS) as made:
        yield made


# ---- the other commands

COMMANDS = {
    "deploy build": {},
    "deploy": {"YES": "1"},
    "outputs": {},
    "shell": {},
    "logs": {},
    "redrive": {},
    "secret": {"NAME": "app_secret"},
    "operator_key": {"LIST": "1"},
    "audit": {},
    "doctor": {},
    "rotation app-secret": {},
    "rotation callback": {},
    "rotation session-key": {},
    "rotation operator-key": {"NAME": "shop"},
}


@pytest.mark.parametrize(("command", "variables"), COMMANDS.items(), ids=COMMANDS)
def test_an_unknown_environment_is_named_with_those_that_exist(
    aws_endpoint: str, command: str, variables: dict[str, str]
) -> None:
    refused = run(aws_endpoint, command, ENV="pord", **variables)
    assert refused.returncode == 2
    assert "no environment pord; samconfig.toml has default, staging, prod, cn" in refused.stderr
    assert refused.stdout == ""


def test_keys_secrets_and_outputs_are_those_of_the_environment(staging: OperatedStack) -> None:
    assert run(staging.url, "operator_key", ENV="staging", LIST="1").stdout == "of-staging\tread\n"
    assert run(staging.url, "outputs", ENV="staging", NAME="ApiUrl").stdout == "https://api.example\n"
    assert "AuditTable\t" in run(staging.url, "outputs", ENV="staging").stdout
    assert run(staging.url, "secret", "new", ENV="staging", NAME="app_secret").returncode == 0
    assert staging.secret("WeChatSecret") == {"app_secret": "new"}
    assert run(staging.url, "audit", ENV="staging").returncode == 0
    assert run(staging.url, "audit").returncode == 4  # there is no stack minipush


def test_an_output_that_does_not_exist_is_said(staging: OperatedStack) -> None:
    refused = run(staging.url, "outputs", ENV="staging", NAME="Nothing")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "no output Nothing" in refused.stderr


def sourced(aws_endpoint: str, *environments: str, **before: str) -> dict[str, str]:
    """The variables of a shell that took the lines for one environment after the other."""
    variables = dict(before)
    for name in environments:
        lines = run(aws_endpoint, "shell", **(variables | {"ENV": name})).stdout
        assignments = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in variables.items())
        done = subprocess.run(
            ["bash", "-c", f"{assignments}{lines}env"], env={}, capture_output=True, text=True, check=True
        )
        pairs = (line.split("=", 1) for line in done.stdout.splitlines())
        variables = {key: value for key, value in pairs if key not in {"PWD", "SHLVL", "_"}}
    return variables


def test_the_shells_lines_lead_the_aws_cli_to_the_environment(aws_endpoint: str) -> None:
    led = sourced(aws_endpoint, "cn")
    assert (led["ENV"], led["MINIPUSH_STACK"]) == ("cn", "minipush")
    assert (led["AWS_REGION"], led["AWS_DEFAULT_REGION"]) == ("cn-north-1", "cn-north-1")


def test_a_second_environment_leaves_nothing_of_the_first(aws_endpoint: str) -> None:
    own = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PROFILE": "mine"}
    led = sourced(aws_endpoint, "cn", "cn", "staging", **own)
    assert led == own | {"ENV": "staging", "MINIPUSH_STACK": "minipush-staging"}
    without = sourced(aws_endpoint, "cn", "default", AWS_DEFAULT_REGION="eu-west-1")
    assert without == {"ENV": "default", "MINIPUSH_STACK": "minipush", "AWS_DEFAULT_REGION": "eu-west-1"}


# ---- logs


def test_logs_are_those_of_one_function_or_of_all_in_the_order_of_time(staging: OperatedStack) -> None:
    logs = staging.client("logs")
    now = int(time.time() * 1000)
    for name, ago, text in (("Push", 3000, "second"), ("Sweep", 5000, "first"), ("Push", 7_200_000, "old")):
        group = staging.resources[f"{name}Logs"]
        stream = uuid.uuid4().hex
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": now - ago, "message": text}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    of_all = run(staging.url, "logs", ENV="staging").stdout.splitlines()
    assert [line.split()[1:] for line in of_all] == [["Sweep", "first"], ["Push", "second"]]
    of_push = run(staging.url, "logs", ENV="staging", FUNCTION="PushFunction", SINCE="3h").stdout
    assert [line.split()[2] for line in of_push.splitlines()] == ["old", "second"]


def test_the_lines_about_one_user_are_found_by_the_openid(staging: OperatedStack) -> None:
    logs, group, stream = staging.client("logs"), staging.resources["SweepLogs"], uuid.uuid4().hex
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    texts = [json.dumps({"user": user_hash(openid), "n": n}) for n, openid in enumerate(("oAda", "oBob"))]
    events = [{"timestamp": int(time.time() * 1000) - 1000, "message": text} for text in texts]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    found = run(staging.url, "logs", ENV="staging", OPENID="oAda").stdout
    assert (texts[0] in found, texts[1] in found) == (True, False)


def test_on_a_local_stack_a_level_is_filtered_and_a_pattern_of_json_is_not(staging: OperatedStack) -> None:
    """The emulator knows no patterns of JSON."""
    logs, group, stream = staging.client("logs"), staging.resources["PushLogs"], uuid.uuid4().hex
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    texts = [*(json.dumps({"level": level, "n": stream}) for level in ("INFO", "ERROR")), f"START {stream}"]
    events = [{"timestamp": int(time.time() * 1000) - 1000, "message": text} for text in texts]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    found = run(staging.url, "logs", ENV="staging", LEVEL="WARNING").stdout
    assert [text in found for text in texts] == [False, True, False]
    everything = run(staging.url, "logs", ENV="staging", FILTER='{ $.level = "ERROR" }')
    assert [text in everything.stdout for text in texts] == [True, True, True]
    assert everything.stderr == "logs: a local stack knows no JSON patterns: FILTER is ignored\n"


@pytest.mark.parametrize(
    "variables",
    [
        {"FUNCTION": "Nobody"},
        {"SINCE": "soon"},
        {"SINCE": "99999d"},
        {"LEVEL": "LOUD"},
        {"LEVEL": "ERROR", "OPENID": "oAda"},
    ],
)
def test_logs_that_make_no_sense_are_refused(staging: OperatedStack, variables: dict[str, str]) -> None:
    refused = run(staging.url, "logs", ENV="staging", **variables)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("logs: ")
