"""The key that makes a repeat harmless. It is printed before the request, so that it survives a kill."""

import re
import uuid

from minipush_cli.errors import CommandError, Exit
from minipush_cli.output import say


def idempotency_key(given: str | None) -> str:
    """The given key, or a new one, which is printed."""
    if given is not None:
        return _checked(given)
    key = uuid.uuid4().hex
    say(f"If this is interrupted, repeat it with: --key {key}")
    return key


def _checked(key: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise CommandError("--key takes 1 to 255 ASCII characters without blanks", Exit.USAGE)
    return key
