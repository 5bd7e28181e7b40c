"""template.yaml, read: its resources by type, and the statements of a function's role."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class Loader(yaml.SafeLoader):
    """Reads `!Ref x` and its like as {"Ref": x}."""


def _intrinsic(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _intrinsic)
TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
TEMPLATE: dict[str, Any] = yaml.load(TEXT, Loader)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(type_: str) -> dict[str, dict[str, Any]]:
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == type_}


FUNCTIONS = of_type("AWS::Serverless::Function")


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    return [_if_it_exists(s) for policy in function["Properties"]["Policies"] for s in policy["Statement"]]


def _if_it_exists(part: dict[str, Any]) -> dict[str, Any]:
    """What stands in `!If [condition, part, !Ref AWS::NoValue]`."""
    held: dict[str, Any] = part["If"][1] if "If" in part else part
    return held


def _function_of(operation: dict[str, Any]) -> str:
    """Of `${X.Arn}`, with the name of an alias behind it or without one."""
    uri = str(operation["x-amazon-apigateway-integration"]["uri"]["Sub"])
    return str(re.findall(r"(\w+Function)\.\w+", uri)[-1])


def of_other_routes() -> dict[str, int]:
    """The throttle of the routes that have none of their own, as the parameters' defaults have it."""
    settings = RESOURCES["Api"]["Properties"]["DefaultRouteSettings"]
    return {name: TEMPLATE["Parameters"][limit["Ref"]]["Default"] for name, limit in settings.items()}


PATHS: dict[str, dict[str, Any]] = {
    path: _if_it_exists(part)
    for path, part in RESOURCES["Api"]["Properties"]["DefinitionBody"]["paths"].items()
}
ROUTES: dict[str, str] = {
    f"{method.upper()} {path}": _function_of(operation)
    for path, operations in PATHS.items()
    for method, operation in operations.items()
    if method != "parameters"
}
"""The logical id of the function of each route, such as `GET /users/{openid}`."""
