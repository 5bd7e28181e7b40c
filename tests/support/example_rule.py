"""The EventBridge rule that docs/operations.md shows as an example."""

import re
from typing import Any

import yaml
from support.template import ROOT, Loader

_PAGE = ROOT / "docs/operations.md"
_HEADING = "## Firing a campaign from your own EventBridge rule\n"


def example_rule() -> dict[str, Any]:
    """Its properties."""
    section = _PAGE.read_text(encoding="utf-8").split(_HEADING)[1].split("\n## ")[0]
    fence = re.search(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert fence
    [resource] = yaml.load(fence[1], Loader).values()
    assert resource["Type"] == "AWS::Events::Rule"
    properties: dict[str, Any] = resource["Properties"]
    return properties
