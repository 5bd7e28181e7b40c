"""Writes the OpenAPI description from the routes; with --check, fails where the committed one differs."""

import json
import sys
import tomllib
from typing import Any, cast

from local.processes import ROOT
from minipush.http.edge.openapi import FILE, describe
from minipush.http.routes import mini_program, operators


def described() -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    # The routes are described, never called: they need no collaborators.
    nobody = cast("Any", None)
    whole = describe(
        version,
        {
            "Mini-programs": (mini_program.mini_program_app(*[nobody] * 6), mini_program.ROUTES),
            "Back ends and operators": (operators.operators_app(*[nobody] * 10), operators.ROUTES),
        },
    )
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    text = described()
    if "--check" not in sys.argv:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    print("openapi.json is not what the routes say; run: python -m local.openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
