"""`make run`: it starts, it names what is wrong, and it leaves nothing behind."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest
import requests
from support.running import FIRST_BUILD_SECONDS, MakeRun, running

from local.stack.aws import Aws

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    run = MakeRun(tmp_path / "run")
    run.start()
    run.wait_until_ready()
    run.end(number)
    assert run.left_behind() == []


def test_nothing_is_left_when_it_is_ended_while_it_starts(tmp_path: Path) -> None:
    run = MakeRun(tmp_path / "run")
    run.start()
    deadline = time.monotonic() + FIRST_BUILD_SECONDS
    while "deploying" not in run.log and time.monotonic() < deadline:
        time.sleep(0.01)
    run.end()
    assert run.process.returncode != 0
    assert run.left_behind() == []


def test_ctrl_c_reaches_the_whole_group_and_ends_it(tmp_path: Path) -> None:
    run = MakeRun(tmp_path / "run")
    process = run.start()
    run.wait_until_ready()
    os.killpg(process.pid, signal.SIGINT)
    process.wait(10)
    assert run.left_behind() == []


def test_a_second_stack_runs_beside_the_first(run: MakeRun, tmp_path: Path) -> None:
    started = time.monotonic()
    with running(tmp_path / "second") as second:
        print(f"a second start took {time.monotonic() - started:.1f} s")
        tables = [Aws(one.aws_url).resources("AWS::DynamoDB::Table")["Users"] for one in (run, second)]
        Aws(second.aws_url).client("dynamodb").put_item(
            TableName=tables[1], Item={"openid": {"S": "o"}, "sk": {"S": "s"}}
        )
        first = Aws(run.aws_url).client("dynamodb").scan(TableName=tables[0], Select="COUNT")
        assert first["Count"] == 0
    assert requests.get(f"{run.api_url}/health").status_code == 200


@pytest.mark.parametrize("name", ["PORT", "AWS_PORT"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = MakeRun(tmp_path / "run", {name: str(port)})
        assert run.start().wait(30) != 0
    assert f"{name}={port}: Address already in use" in run.log
    assert run.left_behind() == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PORT": "abc"}, "PORT=abc"),
        ({"AWS_PORT": "99999"}, "AWS_PORT=99999"),
        ({"PORT": "4999", "AWS_PORT": "4999"}, "PORT and AWS_PORT are both 4999"),
        ({"SUBSCRIPTION_SOURCE": "both"}, "SUBSCRIPTION_SOURCE=both"),
    ],
)
def test_what_the_environment_sets_wrongly_is_named(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    run = MakeRun(tmp_path / "run", environment)
    run.start()
    assert run.process.wait(30) != 0
    assert said in run.log
    assert "Traceback" not in run.log


def test_the_part_that_dies_is_named_and_takes_the_rest_down(tmp_path: Path) -> None:
    run = MakeRun(tmp_path / "run")
    run.start()
    run.wait_until_ready()
    [emulator] = [pid for pid, command in run.processes().items() if "emulator_process" in command]
    os.kill(emulator, signal.SIGKILL)
    assert run.process.wait(15) != 0
    assert "the AWS emulator ended" in run.log
    assert run.left_behind() == []


def test_all_workers_share_one_copy_of_the_layer(run: MakeRun) -> None:
    """A copy for each worker would take seconds."""
    assert len(list(run.directory.glob("minipush-*/ministack-lambda-*/layer_0"))) > 1
    assert len(list(run.directory.glob("minipush-*/layer-*"))) == 1


def test_the_tables_expire_what_the_template_says(run: MakeRun) -> None:
    aws = Aws(run.aws_url)
    table = aws.resources("AWS::DynamoDB::Table")["Users"]
    answer = aws.client("dynamodb").describe_time_to_live(TableName=table)
    assert answer["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_the_secrets_are_filled_in(run: MakeRun) -> None:
    aws = Aws(run.aws_url)
    secret = aws.resources("AWS::SecretsManager::Secret")["AccessSecret"]
    kept = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    assert len(kept["session_key"]) == 64
    assert kept["operator_keys"][0]["hash"].startswith("sha256:")
    assert run.operator_key not in json.dumps(kept)


def test_with_the_message_centre_come_servers_for_its_providers(tmp_path: Path) -> None:
    with running(tmp_path / "centre", MESSAGE_CENTRE="on", SMTP_URL="smtp://127.0.0.1:9") as run:
        assert run.provider_urls.keys() == {"Bark", "SMS"}
        control = run.providers()
        key = control.add_device()
        control.close()
        pushed = {"device_key": key, "title": "hello"}
        assert requests.post(f"{run.provider_urls['Bark']}/push", json=pushed, timeout=9).status_code == 200
        assert f"bark {key}: hello" in run.log
        assert requests.get(f"{run.api_url}/me/centre", timeout=9).status_code == 401
