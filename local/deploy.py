"""A real `sam deploy` onto the emulator, and what the emulator leaves to be set afterwards."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.build import SAM
from local.processes import run

STACK = "minipush"
BUCKET = "minipush-artifacts"
REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_PROFILE": "",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API, such as `GET /users/{openid}` or `$default`, and its function's logical id."""

    key: str
    function: str

    def matches(self, method: str, path: str) -> bool:
        wanted, _, template = self.key.partition(" ")
        pattern = re.sub(r"\\\{.+?\\\}", "[^/]+", re.escape(template))
        return wanted == method and re.fullmatch(pattern, path) is not None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deploy made: logical ids to physical ones, and the HTTP API's routes."""

    resources: Mapping[str, str]
    api_id: str
    routes: tuple[Route, ...]


class Aws:
    """The emulator's AWS at `url`."""

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


def deploy(aws: Aws, build: Path, parameters: Mapping[str, str]) -> Deployment:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    run(_command(build, parameters), _environment(aws.url))
    resources = aws.resources()
    template = _processed_template(aws)
    _set_time_to_live(aws, template, resources)
    _set_reserved_concurrency(aws, template, resources)
    _set_workers_of_queues(aws, template, resources)
    api = next(name for name, _ in _of_type(template, "AWS::ApiGatewayV2::Api"))
    routes = tuple(_routes(template[api]["Properties"]["Body"]))
    _set_routes(aws, resources[api], routes, resources)
    return Deployment(resources, resources[api], routes)


def _command(build: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    overrides = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    return [
        SAM, "deploy", "--template-file", build / "template.yaml", "--stack-name", STACK,
        "--config-env", "local", "--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", *overrides,
    ]  # fmt: skip


def _environment(url: str) -> dict[str, str]:
    # The CLI waits 5 seconds between two looks at the stack unless told otherwise.
    local = {"AWS_ENDPOINT_URL": url, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.1"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | {name: value for name, value in CREDENTIALS.items() if value} | local


def _processed_template(aws: Aws) -> dict[str, Any]:
    answer = aws.client("cloudformation").get_template(StackName=STACK, TemplateStage="Processed")
    body = answer["TemplateBody"]
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    resources: dict[str, Any] = template["Resources"]
    return resources


def _of_type(template: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template.items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def _set_time_to_live(aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    for name, properties in _of_type(template, "AWS::DynamoDB::Table"):
        if specification := properties.get("TimeToLiveSpecification"):
            aws.client("dynamodb").update_time_to_live(
                TableName=resources[name], TimeToLiveSpecification=specification
            )


def _set_reserved_concurrency(aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    for name, properties in _of_type(template, "AWS::Lambda::Function"):
        if reserved := properties.get("ReservedConcurrentExecutions"):
            aws.client("lambda").put_function_concurrency(
                FunctionName=resources[name], ReservedConcurrentExecutions=int(reserved)
            )


def _set_workers_of_queues(aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    """A parameter's number stays a string to the emulator, which then polls no queue at all."""
    functions = aws.client("lambda")
    for name, _ in _of_type(template, "AWS::Lambda::EventSourceMapping"):
        mapping = resources[name]
        scaling = functions.get_event_source_mapping(UUID=mapping).get("ScalingConfig", {})
        numbers = {limit: int(number) for limit, number in scaling.items()}
        functions.update_event_source_mapping(UUID=mapping, ScalingConfig=numbers)


def _routes(openapi: Mapping[str, Any]) -> Iterator[Route]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)
            if function is None:
                raise ValueError(f"no function in {uri}")
            yield Route("$default" if path == "/$default" else f"{method.upper()} {path}", function[1])


def _set_routes(aws: Aws, api: str, routes: tuple[Route, ...], resources: Mapping[str, str]) -> None:
    gateway = aws.client("apigatewayv2")
    integrations = {}
    for function in sorted({route.function for route in routes}):
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:{resources[function]}"
        made = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )
        integrations[function] = made["IntegrationId"]
    for route in routes:
        target = f"integrations/{integrations[route.function]}"
        gateway.create_route(ApiId=api, RouteKey=route.key, Target=target)
    if not gateway.get_stages(ApiId=api)["Items"]:
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
