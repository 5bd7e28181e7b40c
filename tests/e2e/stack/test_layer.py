"""What `sam build` makes of the layer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT
from local.stack.build import built

pytestmark = pytest.mark.e2e

IMPORTS = """
import json, sys, urllib.request
sys.path.insert(0, {layer!r})
import boto3, defusedxml.ElementTree, jwt, minipush, orjson, pycurl, pydantic, redis, requests, tzdata, zoneinfo
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.batch import BatchProcessor
from minipush.adapters.cipher import Cipher
from minipush.wechat.encryption import Encryption
for service in ("dynamodb", "events", "lambda", "s3", "scheduler", "secretsmanager", "sesv2", "sqs", "sts"):
    boto3.client(service, region_name="cn-north-1", aws_access_key_id="a", aws_secret_access_key="b")
Encryption("A" * 43, "wx").encrypt(b"a")
cipher = Cipher(lambda: "a key")
assert cipher.open(cipher.seal("a text", "a place"), "a place") == "a text"
redis.Redis(), zoneinfo.ZoneInfo("Asia/Shanghai")
files = [module.__file__ for module in sys.modules.values() if (getattr(module, "__file__", "") or "").startswith({layer!r})]
cached = [module.__cached__ for module in sys.modules.values() if getattr(module, "__cached__", None)]
print(json.dumps({{"files": files, "cached": [path for path in cached if path.startswith({layer!r})]}}))
"""


@pytest.fixture(scope="module")
def layer() -> Path:
    return built() / "CommonLayer" / "python"


def test_everything_in_it_imports_by_itself(layer: Path) -> None:
    assert_imports(layer)


def assert_imports(layer: Path) -> None:
    interpreter = getattr(sys, "_base_executable", sys.executable)
    program = IMPORTS.format(layer=str(layer))
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout)
    assert any("pydantic_core" in file for file in imported["files"])
    assert all(Path(path).exists() for path in imported["cached"])


def test_a_layer_for_this_machine_alone_imports_by_itself(tmp_path: Path) -> None:
    """As on a Mac, where Lambda's modules don't load."""
    out = tmp_path / "python"
    build = [ROOT / "layers" / "common" / "build.sh", out]
    subprocess.run(build, env=os.environ | {"LAYER_FOR": "machine"}, check=True)
    assert_imports(out)
    assert not list(out.rglob("*aarch64*.so")) or not list(out.rglob("*x86_64*.so"))


def test_compiled_modules_are_there_for_both_architectures(layer: Path) -> None:
    arm, intel = (
        {path.relative_to(layer).as_posix().replace(machine, "*") for path in layer.rglob(f"*{machine}*.so")}
        for machine in ("aarch64", "x86_64")
    )
    assert arm
    assert arm == intel
    modules = [path for path in layer.rglob("*.so") if not path.parent.name.endswith(".libs")]
    assert len(arm) * 2 == len(modules)


ENDPOINTS = """
import json, sys
sys.path.insert(0, {layer!r})
import boto3
from minipush.adapters.dynamodb.plain_json import FASTER_DATA, plain_json_session
assert FASTER_DATA.is_dir()
keys = {{"aws_access_key_id": "a", "aws_secret_access_key": "b"}}
def endpoints(session):
    return [
        session.client(service, region_name=region, **keys).meta.endpoint_url
        for service in ("dynamodb", "events", "s3", "scheduler", "secretsmanager", "sqs")
        for region in ("us-east-1", "cn-north-1", "eu-central-2", "us-gov-west-1")
    ]
print(json.dumps([endpoints(plain_json_session()), endpoints(boto3.Session())]))
"""


def test_the_trimmed_data_leads_to_the_same_endpoints(layer: Path) -> None:
    interpreter = getattr(sys, "_base_executable", sys.executable)
    program = ENDPOINTS.format(layer=str(layer))
    ours, botocores = json.loads(subprocess.check_output([interpreter, "-I", "-S", "-c", program]))
    assert ours == botocores


CALLS = """
import sys
sys.path.insert(0, {layer!r})
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from minipush.adapters.dynamodb.plain_json import plain_json_session
session, config = plain_json_session(), Config(retries={{"total_max_attempts": 1}})
calls = {{
    "dynamodb": ("get_item", {{"TableName": "t", "Key": {{"id": {{"S": "a"}}}}}}),
    "events": ("put_events", {{"Entries": [{{"Source": "s", "DetailType": "d", "Detail": "{{}}"}}]}}),
    "s3": ("put_object", {{"Bucket": "b", "Key": "k", "Body": b""}}),
    "scheduler": ("delete_schedule", {{"Name": "n"}}),
    "secretsmanager": ("get_secret_value", {{"SecretId": "s"}}),
    "sqs": ("send_message", {{"QueueUrl": "http://127.0.0.1:1/q", "MessageBody": "m"}}),
}}
for service, (operation, arguments) in calls.items():
    client = session.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=config,
    )
    try:
        getattr(client, operation)(**arguments)
    except EndpointConnectionError:
        print(service)
"""


def test_the_trimmed_data_describes_every_call(layer: Path) -> None:
    """Each call gets as far as the connection, which nobody takes."""
    interpreter = getattr(sys, "_base_executable", sys.executable)
    program = CALLS.format(layer=str(layer))
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["dynamodb", "events", "s3", "scheduler", "secretsmanager", "sqs"], (
        done.stderr
    )


def test_it_fits_into_lambda(layer: Path) -> None:
    assert sum(path.stat().st_size for path in layer.rglob("*")) < 100_000_000


def test_a_step_that_fails_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "uv").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ARTIFACTS_DIR": str(tmp_path / "out")}
    make = ["make", "--makefile", str(ROOT / "layers/common/Makefile"), "build-CommonLayer"]
    assert subprocess.run(make, env=environment, capture_output=True, check=False).returncode != 0


def test_the_layer_is_built_from_the_lock() -> None:
    assert (ROOT / "layers/common/requirements.txt").read_text() == (
        ROOT / "requirements/runtime.txt"
    ).read_text()


def test_it_builds_without_uv(tmp_path: Path) -> None:
    """On a machine that has pip alone: a copy of the folder, so that no .tools is near."""
    folder = tmp_path / "a" / "b" / "common"
    shutil.copytree(ROOT / "layers" / "common", folder)
    environment = {name: value for name, value in os.environ.items() if name != "PATH"}
    environment |= {"PATH": _path_without_uv(), "ARTIFACTS_DIR": str(tmp_path / "out")}
    make = ["make", "--makefile", str(folder / "Makefile"), "build-CommonLayer"]
    done = subprocess.run(make, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/python/minipush/__init__.py").exists()
    assert list((tmp_path / "out/python").rglob("*aarch64*.so"))


def _path_without_uv() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "uv").exists())
