"""Clients of the emulator's AWS."""

from typing import Any

import boto3
from botocore.config import Config

STACK = "minipush"
REGION = "us-east-1"


class Aws:
    """The AWS services of the emulator at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = boto3.Session("local", "local", region_name=REGION)

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=900)
        return self._session.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]

    def resources(self, kind: str = "AWS::") -> dict[str, str]:
        """Logical to physical ids of the deployed resources whose type starts with `kind`."""
        found = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in found
            if resource["ResourceType"].startswith(kind)
        }
