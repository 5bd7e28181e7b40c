"""Writes the OpenAPI description of the routes. With --check, fails if the committed description differs."""

import json
import sys
import tomllib
from typing import Any, cast
from unittest.mock import MagicMock

from local.processes import ROOT
from minipush.http.edge.openapi import FILE, describe
from minipush.http.routes import mini_program, operators


def description() -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    # The routes are described, never called: their services may be anything.
    services = cast("Any", MagicMock())
    whole = describe(
        version,
        {
            "Mini-programs": (mini_program.mini_program_app(services), mini_program.ROUTES),
            "Back ends and operators": (operators.operators_app(services), operators.ROUTES),
        },
    )
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    text = description()
    if "--check" not in sys.argv:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    print("openapi.json does not match the routes; run: python -m local.openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
