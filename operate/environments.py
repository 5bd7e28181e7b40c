"""The environments of samconfig.toml. Each is one deployed stack; `ENV` selects one, and `default` is the default."""

import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local.processes import ROOT
from local.stack.aws import STACK
from minipush_cli.aws.deployed_stack import DeployedStack, aws_endpoint
from minipush_cli.errors import CommandError, Exit

FILE = ROOT / "samconfig.toml"
DEFAULT = "default"
LEADING = ("ENV", "STACK", "AWS_PORT")

type Section = Mapping[str, Any]


class EnvironmentsError(CommandError):
    """samconfig.toml does not say where to act. The message contains the reason."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.USAGE)


@dataclass(frozen=True, slots=True)
class Environment:
    """`region`, `profile`: empty for those of the AWS CLI. `parameters`: those that the template is deployed with."""

    name: str
    stack: str
    region: str = ""
    profile: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def session(self) -> boto3.Session:
        """Raises BotoCoreError for an unknown profile."""
        return boto3.Session(profile_name=self.profile or None, region_name=self.region or None)


def read_environment(variables: Mapping[str, str], file: Path = FILE) -> Environment:
    """The one that `ENV` names. `STACK` names another stack of the same account and region.

    Raises EnvironmentsError.
    """
    name, port = variables.get("ENV") or DEFAULT, variables.get("AWS_PORT")
    if port and not (port.isdecimal() and 0 < int(port) < 65_536):
        raise EnvironmentsError(f"AWS_PORT={port}: a port is a number from 1 to 65535")
    settings = _settings(_sections(file), name)
    stack = variables.get("STACK") or settings.get("stack_name")
    if not stack:
        raise EnvironmentsError(f"{file.name} has no stack_name in [{name}.global.parameters]")
    region, profile = str(settings.get("region", "")), str(settings.get("profile", ""))
    return Environment(name, str(stack), region, profile, _parameters(settings, name))


def deployed_stack(variables: Mapping[str, str] = os.environ) -> DeployedStack:
    """The stack to act on. `AWS_PORT` selects the local stack, which belongs to no environment."""
    environment = read_environment(variables)
    if variables.get("AWS_PORT"):
        return DeployedStack.of({**variables, "STACK": variables.get("STACK") or STACK})
    return DeployedStack(environment.session(), environment.stack, aws_endpoint(variables))


def make_variables(variables: Mapping[str, str]) -> str:
    """The end of a command of make, so that it acts on the same stack, such as ` ENV=prod`."""
    return "".join(f" {name}={shlex.quote(variables[name])}" for name in LEADING if variables.get(name))


def with_variables(advice: str, variables: Mapping[str, str]) -> str:
    """The advice, with `make_variables` at the end of each command of make. No `make deploy` changes a local stack."""
    if variables.get("AWS_PORT"):
        advice = re.sub(r"\bmake deploy\b", "start make run again", advice)
    return re.sub(
        r"\bmake (?!run\b)[a-z-]+( [A-Z_]+=[^\s;]*[^\s;,])*",
        lambda found: found[0] + make_variables(variables),
        advice,
    )


def aws_options(region: str, profile: str = "", endpoint: str | None = None) -> str:
    """The end of a command for the AWS CLI, so that it acts there in any shell."""
    given = {"region": region, "profile": profile, "endpoint-url": endpoint or ""}
    return "".join(f" --{name} {shlex.quote(value)}" for name, value in given.items() if value)


def _sections(file: Path) -> Section:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EnvironmentsError(f"{file.name} cannot be read: {error}") from None
    return {name: section for name, section in content.items() if isinstance(section, dict)}


def _settings(sections: Section, name: str) -> dict[str, Any]:
    """As the SAM CLI reads them: a command's own parameters before those of `global`."""
    if name not in sections:
        known = ", ".join(sections)
        raise EnvironmentsError(f"there is no environment {name}; samconfig.toml has {known}")
    of_all, of_deploy = (sections[name].get(part, {}).get("parameters", {}) for part in ("global", "deploy"))
    return {**of_all, **of_deploy}


def _parameters(settings: Section, name: str) -> dict[str, str]:
    given = settings.get("parameter_overrides", {})
    if not isinstance(given, dict):
        place = f"[{name}.global.parameters.parameter_overrides]"
        raise EnvironmentsError(f"write the parameter_overrides of {name} as a table: {place}")
    return {key: _text(value) for key, value in given.items()}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
