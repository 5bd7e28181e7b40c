"""Texts for people: what WeChat, users and colleagues wrote is shown, but does not control the terminal."""

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

# Control characters except for tab and line feed, and the marks that change the direction of a text.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Without control characters, such as the escape sequences of terminals."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(value: Any) -> str:
    """Of any JSON value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(one_line, value))
    return " ".join(plain(str(value)).split())


def number(value: Any) -> str:
    """10000000 is 10,000,000; nothing is a dash."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def instant(text: str | None) -> str:
    """An instant of the API in the local time zone, to the minute: 2026-11-21 19:00 +08:00."""
    if not text:
        return ""
    local = parsed_instant(text).astimezone()
    return local.strftime("%Y-%m-%d %H:%M ") + _offset(local.strftime("%z"))


def parsed_instant(text: str) -> datetime:
    """Of `2026-11-21T11:00:00.250Z`. Python 3.10 does not know the Z."""
    return datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))


def seconds_since(text: str) -> float:
    return (datetime.now(timezone.utc) - parsed_instant(text)).total_seconds()


def ago(seconds: float) -> str:
    """40 s, 5 min, 3 h or 2 days."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def listed(values: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*values] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _offset(offset: str) -> str:
    return f"{offset[:3]}:{offset[3:]}"
