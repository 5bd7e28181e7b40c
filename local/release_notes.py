"""The notes of a release: its section of CHANGELOG.md. All parts of the release must have its version."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
PARTS = {
    "the server": ROOT / "layers" / "common" / "minipush" / "__init__.py",
    "the command line": ROOT / "cli" / "src" / "minipush_cli" / "__init__.py",
    "the kit": ROOT / "miniprogram" / "package.json",
    "the message centre's part of the kit": ROOT / "miniprogram" / "centre" / "package.json",
}


class ReleaseError(Exception):
    """The message says what keeps the release back."""


def versions() -> dict[str, str]:
    """Of each part."""
    return {part: _version(path) for part, path in PARTS.items()}


def notes(version: str, changelog: str) -> str:
    """Raises ReleaseError."""
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if not found or not found[1].strip():
        raise ReleaseError(f"CHANGELOG.md says nothing about {version}")
    return found[1].strip() + "\n"


def check(version: str) -> None:
    """Raises ReleaseError."""
    for part, has in versions().items():
        if has != version:
            raise ReleaseError(f"{part} has the version {has}, and the tag {version}")


def _version(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return str(json.loads(text)["version"])
    found = VERSION.search(text)
    return found[1] if found else ""


def main(arguments: list[str]) -> int:
    try:
        [version] = arguments
        check(version)
        sys.stdout.write(notes(version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    except (ReleaseError, ValueError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
