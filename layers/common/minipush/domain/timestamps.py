"""Instants in milliseconds since the epoch, and as text."""

from datetime import UTC, datetime

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def iso(ms: int) -> str:
    """`2026-11-20T08:00:00.000Z`, the form of the API, reports and events."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Milliseconds since the epoch; the inverse of `iso`."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
