"""The targets of the Makefile, as `make help` tells them."""

import re
from dataclasses import dataclass

from local.processes import ROOT

SECTION = re.compile(r"^# ---- ([a-z-]+)", re.MULTILINE)
TARGET = re.compile(r"^([a-z-]+):.*?## (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Target:
    """`section`: the part of the Makefile that it is in, such as `operate`. `variables`: those that its line names."""

    section: str
    variables: frozenset[str]


def told() -> dict[str, Target]:
    """By name."""
    _, *parts = SECTION.split((ROOT / "Makefile").read_text(encoding="utf-8"))
    return {
        name: Target(section, frozenset(re.findall(r"\b[A-Z_]+\b", help_)))
        for section, text in zip(parts[::2], parts[1::2], strict=True)
        for name, help_ in TARGET.findall(text)
    }
