"""A CloudFormation stack on the emulator, and the operators' commands that act on it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import boto3

from local.processes import ROOT

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class OperatedStack:
    """`url`: of the emulator."""

    name: str
    url: str
    resources: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        session = boto3.Session("test", "test", region_name="us-east-1")
        return session.client(service, endpoint_url=self.url)  # type: ignore[call-overload]

    def run(self, command: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """`python -m operate.COMMAND`, with STACK unless ENV is among the variables."""
        where = {} if "ENV" in variables else {"STACK": self.name}
        return run(self.url, command, stdin, **(where | variables))

    def start(self, command: str, url: str = "", **variables: str) -> subprocess.Popen[str]:
        """As `run`, not waited for. `url`: of something before the emulator."""
        return started(url or self.url, command, STACK=self.name, **variables)

    def secret(self, name: str) -> dict[str, Any]:
        """Its value."""
        kept = self.client("secretsmanager").get_secret_value(SecretId=self.resources[name])
        value: dict[str, Any] = json.loads(kept["SecretString"])
        return value


def run(url: str, command: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    arguments, environment = _called(url, command, variables)
    return subprocess.run(
        arguments,
        env=environment, input=stdin, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def started(url: str, command: str, **variables: str) -> subprocess.Popen[str]:
    """As `run`, without input, and not waited for."""
    arguments, environment = _called(url, command, variables)
    return subprocess.Popen(
        arguments, env=environment, cwd=ROOT, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _called(url: str, command: str, variables: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Its arguments and its environment."""
    path = os.pathsep.join(str(ROOT / part) for part in ("", "layers/common", "cli/src"))
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINIPUSH_"))
    }
    environment = inherited | CREDENTIALS | {"PYTHONPATH": path, "AWS_ENDPOINT_URL": url} | variables
    module, *arguments = command.split()
    return [sys.executable, "-m", f"operate.{module}", *arguments], environment


@contextmanager
def operated_stack(
    url: str,
    name: str,
    resources: Mapping[str, Any],
    outputs: Mapping[str, Any],
    parameters: Mapping[str, str] = MappingProxyType({}),
    conditions: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[OperatedStack]:
    stack = OperatedStack(name, url)
    template = {
        "Parameters": {key: {"Type": "String"} for key in parameters},
        "Conditions": dict(conditions),
        "Resources": resources,
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=given)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
    yield OperatedStack(name, url, made)
    cloudformation.delete_stack(StackName=name)


def secret_resource(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": json.dumps(value)}}
