"""template.yaml as SAM hands it to CloudFormation, and its values as CloudFormation works them out."""

import json
import re
from collections.abc import Mapping
from copy import copy
from functools import cache, cached_property
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
from support.template import TEMPLATE, TEXT

APPID = {"WeChatAppId": "wx5e1f0000c0ffee01"}
PARTITIONS = {"cn-north-1": "aws-cn", "us-east-1": "aws"}
PSEUDO = {
    "AWS::AccountId": "000000000000",
    "AWS::StackName": "minipush",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/minipush/1",
}
SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
NOTHING = object()
"""`!Ref AWS::NoValue`."""


class Stack:
    """The stack with these parameters, of one `build`. Values of resources are such as `<Users.Arn>`."""

    def __init__(self, region: str = "us-east-1", build: str = "1", **parameters: str) -> None:
        self._given = {name: str(part.get("Default", "")) for name, part in TEMPLATE["Parameters"].items()}
        self._given |= APPID | parameters
        partition = PARTITIONS[region]
        suffix = SUFFIXES[partition]
        self._pseudo = PSEUDO | {
            "AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix,
        }  # fmt: skip
        self.template = _translated(region, build, tuple(sorted(self._given.items())))

    def valued(self, **parameters: str) -> "Stack":
        """The same translation with other values, as CloudFormation works them out."""
        other = copy(self)
        other.__dict__.pop("resources", None)
        other._given = self._given | parameters
        return other

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Those whose condition holds, with their values."""
        every: Mapping[str, dict[str, Any]] = self.template["Resources"]
        return {
            name: self.value(resource)
            for name, resource in every.items()
            if self.holds(resource.get("Condition"))
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of this type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def holds(self, condition: str | None) -> bool:
        return condition is None or self._is_true(self.template["Conditions"][condition])

    def value(self, part: Any) -> Any:
        if isinstance(part, list):
            return [made for each in part if (made := self.value(each)) is not NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            [(name, argument)] = part.items()
            if name == "Ref" or (name.startswith("Fn::") and name != "Fn::Transform"):
                return self._called(name, argument)
        made = {name: self.value(each) for name, each in part.items()}
        return {name: each for name, each in made.items() if each is not NOTHING}

    def _called(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._referred(argument)
            case "Fn::GetAtt":
                return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"
            case "Fn::If":
                condition, then, otherwise = argument
                return self.value(then if self.holds(condition) else otherwise)
            case "Fn::Join":
                return argument[0].join(self.value(argument[1]))
            case "Fn::Sub":
                text, own = argument if isinstance(argument, list) else (argument, {})
                values = {key: self.value(each) for key, each in own.items()}
                return re.sub(r"\$\{([\w.:]+)\}", lambda found: self._inserted(found[1], values), text)
        raise NotImplementedError(name)

    def _referred(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self._given and TEMPLATE["Parameters"][name]["Type"] == "CommaDelimitedList":
            return self._given[name].split(",")
        return (self._given | self._pseudo).get(name, f"<{name}>")

    def _inserted(self, name: str, own: Mapping[str, str]) -> str:
        return own[name] if name in own else str(self._referred(name))

    def _is_true(self, condition: dict[str, Any]) -> bool:
        [(name, argument)] = condition.items()
        match name:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                first, second = (str(self.value(each)) for each in argument)
                return first == second
            case "Fn::Not":
                return not self._is_true(argument[0])
            case "Fn::And":
                return all(map(self._is_true, argument))
            case "Fn::Or":
                return any(map(self._is_true, argument))
        raise NotImplementedError(name)


@cache
def _parsed() -> str:
    return json.dumps(yaml_parse(TEXT))


@cache
def _translated(region: str, build: str, parameters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    template = json.loads(_parsed())
    for resource in template["Resources"].values():
        for name in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            # A build gives a layer that changed another address. The functions' own files hardly ever change.
            changed = build if name == "ContentUri" else ""
            resource["Properties"][name] = f"s3://artefacts/{resource['Properties'][name]}{changed}"
    session = boto3.Session("none", "none", region_name=region)
    translator = Translator(None, Parser(), boto_session=session)
    translated: dict[str, Any] = translator.translate(template, dict(parameters))
    return translated
