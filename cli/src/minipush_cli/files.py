"""FILE arguments: JSON as the API takes it. `-` is standard input."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from minipush_cli.errors import CommandError, Exit

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


def read_json(name: str) -> dict[str, Any]:
    """An object. Raises CommandError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(
            f"{_named(name)}, line {error.lineno}: this is not JSON ({error.msg})", Exit.USAGE
        ) from None
    except (UnicodeDecodeError, RecursionError):
        raise CommandError(f"{_named(name)} is not JSON in UTF-8", Exit.USAGE) from None
    if not isinstance(value, dict):
        raise CommandError(f"{_named(name)} must contain a JSON object", Exit.USAGE)
    return value


def _named(name: str) -> str:
    return "standard input" if name == "-" else name
