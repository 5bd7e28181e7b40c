"""A real `sam deploy` to the emulator, and the settings that the emulator does not take from the template."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.processes import run
from local.stack.aws import REGION, STACK, Aws
from local.stack.build import SAM
from local.stack.routes import Route, create_routes, read_routes

BUCKET = "minipush-artifacts"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_PROFILE": "",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """`resources`: logical to physical ids."""

    resources: Mapping[str, str]
    api_id: str
    routes: tuple[Route, ...]


def deploy(aws: Aws, build: Path, parameters: Mapping[str, str]) -> Deployment:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    sam_deploy(aws, build, parameters)
    resources = aws.resources()
    template = {name: part for name, part in _processed_template(aws).items() if name in resources}
    _set_time_to_live(aws, template, resources)
    _set_recovery(aws, template, resources)
    _set_maximum_concurrency(aws, template, resources)
    api = next(name for name, _ in _of_type(template, "AWS::ApiGatewayV2::Api"))
    routes = tuple(read_routes(template[api]["Properties"]["Body"], resources))
    create_routes(aws, resources[api], routes, resources)
    return Deployment(resources, resources[api], routes)


def sam_deploy(aws: Aws, build: Path, parameters: Mapping[str, str]) -> None:
    """Create or change the stack."""
    run(_command(build, parameters), _environment(aws.url))


def _command(build: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    overrides = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    return [
        SAM, "deploy", "--template-file", build / "template.json", "--stack-name", STACK,
        "--config-env", "local", "--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-progressbar", "--use-json", "--parameter-overrides", *overrides,
    ]  # fmt: skip


def _environment(url: str) -> dict[str, str]:
    # By default, the SAM CLI polls the stack every 5 seconds.
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


def _set_recovery(aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    for name, properties in _of_type(template, "AWS::DynamoDB::Table"):
        if specification := properties.get("PointInTimeRecoverySpecification"):
            aws.client("dynamodb").update_continuous_backups(
                TableName=resources[name], PointInTimeRecoverySpecification=specification
            )


def _set_maximum_concurrency(aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    """Set the concurrency of each queue as a number. The emulator keeps a parameter's string and polls no queue."""
    functions = aws.client("lambda")
    for name, _ in _of_type(template, "AWS::Lambda::EventSourceMapping"):
        mapping = resources[name]
        scaling = functions.get_event_source_mapping(UUID=mapping).get("ScalingConfig", {})
        numbers = {limit: int(number) for limit, number in scaling.items()}
        functions.update_event_source_mapping(UUID=mapping, ScalingConfig=numbers)
