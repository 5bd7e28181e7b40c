"""A deployed stack, as the commands for operators find it: on AWS, or on this machine."""

from collections.abc import Mapping
from typing import Any

import boto3

from minipush_cli.errors import CommandError


class DeployedStackError(CommandError):
    """The stack is not one of minipush. The message contains the reason."""


class DeployedStack:
    """The outputs of one stack, and clients of its account and region."""

    def __init__(self, session: boto3.Session, name: str, endpoint: str | None = None) -> None:
        self._session = session
        self._name = name
        self._endpoint = endpoint
        stacks = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self._outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", [])}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "DeployedStack":
        """`STACK` names it, minipush by default; `AWS_PORT` selects a local stack."""
        return cls(_session(environment), environment.get("STACK") or "minipush", _endpoint(environment))

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def output(self, key: str) -> str:
        """Raises DeployedStackError."""
        if key not in self._outputs:
            raise DeployedStackError(f"the stack {self._name} has no output {key}, so it is not minipush")
        return str(self._outputs[key])


def _endpoint(environment: Mapping[str, str]) -> str | None:
    """None, for AWS itself, unless AWS_ENDPOINT_URL or the AWS_PORT of a local stack is set."""
    port = environment.get("AWS_PORT")
    return environment.get("AWS_ENDPOINT_URL") or (f"http://127.0.0.1:{port}" if port else None)


def _session(environment: Mapping[str, str]) -> boto3.Session:
    if environment.get("AWS_PORT"):
        return boto3.Session("local", "local", region_name="us-east-1")
    return boto3.Session()
