"""Generates the tables of parameters in docs/configuration.md from template.yaml."""

import re
from typing import Any

import yaml

from local.processes import ROOT

FILE = ROOT / "docs" / "configuration.md"
BEGIN = "<!-- `python -m local.parameter_tables` generates these tables from template.yaml. Change that file. -->\n"
END = "<!-- end of the tables -->\n"
HEAD = "| parameter | default | values | meaning |\n| --- | --- | --- | --- |\n"

type Parameter = dict[str, Any]


class Template(yaml.SafeLoader):
    """Reads CloudFormation's short forms as nothing: parameters have none."""


Template.add_multi_constructor("!", lambda *_: None)


def text() -> str:
    """docs/configuration.md, with the tables of now between the markers."""
    before, _, rest = FILE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + "\n" + _tables() + END + rest.partition(END)[2]


def _tables() -> str:
    source = (ROOT / "template.yaml").read_text(encoding="utf-8")
    template = yaml.load(source, Template)  # noqa: S506 - it is a SafeLoader
    parameters: dict[str, Parameter] = template["Parameters"]
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return "".join(_table(group["Label"]["default"], group["Parameters"], parameters) for group in groups)


def _table(label: str, names: list[str], parameters: dict[str, Parameter]) -> str:
    rows = "".join(_row(name, parameters) for name in names)
    return f"### {label}\n\n{HEAD}{rows}\n"


def _row(name: str, parameters: dict[str, Parameter]) -> str:
    parameter = parameters[name]
    cells = (f"`{name}`", _default(parameter), _values(parameter), _meaning(name, parameters))
    return "| " + " | ".join(cells) + " |\n"


def _default(parameter: Parameter) -> str:
    return _value(parameter["Default"]) if "Default" in parameter else "required"


def _value(value: object) -> str:
    return f"`{value}`" if value != "" else "empty"


def _values(parameter: Parameter) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(map(_value, parameter["AllowedValues"]))
    if parameter["Type"] == "Number":
        least, most = parameter["MinValue"], parameter.get("MaxValue")
        return f"{least} to {most}" if most else f"{least} or more"
    return str(parameter["ConstraintDescription"])


def _meaning(name: str, parameters: dict[str, Parameter]) -> str:
    """The description, with other parameters as code and pages of docs/ as links."""
    others = "|".join(other for other in parameters if other != name and re.search("[a-z][A-Z]", other))
    meaning = re.sub(rf"\b({others})\b", r"`\1`", parameters[name]["Description"])
    return re.sub(r"docs/([\w.-]+\.md)", r"[\1](\1)", meaning)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
