"""The routes of the deployed HTTP API."""

import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.stack.aws import REGION, Aws


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API, such as `GET /users/{openid}` or `$default`, and the logical id of its function or alias."""

    key: str
    function: str

    def matches(self, method: str, path: str) -> bool:
        wanted, _, template = self.key.partition(" ")
        pattern = re.sub(r"\\\{.+?\\\}", "[^/]+", re.sub(r"\\\{\w+\\\+\\\}", ".*", re.escape(template)))
        return wanted == method and re.fullmatch(pattern, path) is not None


def read_routes(openapi: Mapping[str, Any], resources: Container[str]) -> Iterator[Route]:
    """The routes of an API's OpenAPI body in the processed template, as far as their functions are in `resources`."""
    for path, operations in openapi["paths"].items():
        for method, operation in _if_it_exists(operations).items():
            if method == "parameters":
                continue
            uri = json.dumps(_if_it_exists(operation)["x-amazon-apigateway-integration"]["uri"])
            function = re.search(r"\$\{(\w+)\.Arn\}(?::(\w+))?", uri)
            if function is None:
                raise ValueError(f"no function in {uri}")
            # SAM calls the alias `live` of Collect CollectAliaslive.
            name = f"{function[1]}Alias{function[2]}" if function[2] else function[1]
            if name in resources:
                yield Route("$default" if path == "/$default" else f"{method.upper()} {path}", name)


def _if_it_exists(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """SAM wraps what belongs to a conditional function: `{"Fn::If": [condition, what it is, {"Ref": "AWS::NoValue"}]}`."""
    held: Mapping[str, Any] = part["Fn::If"][1] if "Fn::If" in part else part
    return held


def create_routes(aws: Aws, api: str, routes: tuple[Route, ...], resources: Mapping[str, str]) -> None:
    """Create the routes on the emulator, which ignores an API's OpenAPI body."""
    gateway = aws.client("apigatewayv2")
    integrations = {
        function: _create_integration(gateway, api, resources[function])
        for function in sorted({route.function for route in routes})
    }
    for route in routes:
        target = f"integrations/{integrations[route.function]}"
        gateway.create_route(ApiId=api, RouteKey=route.key, Target=target)
    if not gateway.get_stages(ApiId=api)["Items"]:
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)


def _create_integration(gateway: Any, api: str, function: str) -> str:
    """`function`: a function's name or an alias's ARN."""
    arn = function if ":" in function else f"arn:aws:lambda:{REGION}:000000000000:function:{function}"
    created = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )
    return str(created["IntegrationId"])
