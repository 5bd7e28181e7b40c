"""The parameters of the next deployment: those of samconfig.toml, else of the last deployment, else of the template."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from local.processes import ROOT

TEMPLATE = ROOT / "template.yaml"

type Parameters = Mapping[str, str]


@cache
def template_defaults(file: Path = TEMPLATE) -> Parameters:
    """As texts. A parameter without a default is not among them."""
    with file.open(encoding="utf-8") as text:
        declared = yaml.load(text, yaml.CBaseLoader)["Parameters"]  # noqa: S506  # makes texts, lists and dicts only
    return {name: one["Default"] for name, one in declared.items() if "Default" in one}


def next_parameters(given: Parameters, deployed: Parameters) -> Parameters:
    return {**template_defaults(), **deployed, **given}


def kept_parameters(given: Parameters, deployed: Parameters) -> Parameters:
    """Values of the last deployment that nothing in the repository tells: SAM keeps what it is not given."""
    defaults = template_defaults()
    return {
        name: value for name, value in deployed.items() if name not in given and value != defaults.get(name)
    }


def reserved_executions(parameters: Parameters) -> int:
    """Of Lambda, for the functions that everybody can call: `PublicConcurrency` for each."""
    functions = 2  # Collect and WeChatCallback
    functions += 1 if parameters.get("OfficialAppId") else 0  # OfficialCallback
    functions += 2 if parameters.get("MessageCentre") == "on" else 0  # Centre and PushByKey
    return functions * int(parameters["PublicConcurrency"])
