"""A deployed stack, as the commands for operators find it: on AWS, or on this machine."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from minipush_cli.errors import CommandError, Exit


class DeployedStackError(CommandError):
    """There is no such stack, or it is not one of minipush, or lacks the option. The message contains the reason."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.NOT_FOUND)


class DeployedStack:
    """The outputs of one stack, and clients of its account and region."""

    def __init__(self, session: boto3.Session, name: str, endpoint: str | None = None) -> None:
        self._session = session
        self._name = name
        self._endpoint = endpoint
        stack = self._described()
        self._outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        self.parameters = {
            one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])
        }
        self.status = str(stack["StackStatus"])

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "DeployedStack":
        """`STACK` names it, minipush by default; `AWS_PORT` selects a local stack."""
        return cls(_session(environment), environment.get("STACK") or "minipush", aws_endpoint(environment))

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_local(self) -> bool:
        """Whether an emulator on this machine stands for AWS."""
        return urlsplit(self._endpoint or "").hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def outputs(self) -> dict[str, str]:
        return dict(self._outputs)

    def resources(self, kind: str) -> dict[str, str]:
        """Logical to physical ids of the resources of one type, such as `AWS::SQS::Queue`."""
        pages = (
            self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self._name)
        )
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind and one.get("PhysicalResourceId")
        }

    def client(self, service: str, config: Config | None = None) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint, config=config)  # type: ignore[call-overload]

    def output(self, key: str) -> str:
        """Raises DeployedStackError."""
        if key not in self._outputs:
            raise DeployedStackError(f"the stack {self._name} has no output {key}")
        return str(self._outputs[key])

    def _described(self) -> Any:
        client = self.client("cloudformation")
        try:
            return client.describe_stacks(StackName=self._name)["Stacks"][0]
        except client.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise DeployedStackError(f"there is no stack {self._name} in {client.meta.region_name}") from None


def aws_endpoint(environment: Mapping[str, str]) -> str | None:
    """None, for AWS itself, unless AWS_ENDPOINT_URL or the AWS_PORT of a local stack is set."""
    port = environment.get("AWS_PORT")
    return environment.get("AWS_ENDPOINT_URL") or (f"http://127.0.0.1:{port}" if port else None)


def _session(environment: Mapping[str, str]) -> boto3.Session:
    if environment.get("AWS_PORT"):
        return boto3.Session("local", "local", region_name="us-east-1")
    return boto3.Session()
