"""Instants, as the HTTP contract and everything else that leaves the house writes them."""

from datetime import UTC, datetime

HOUR_MS = 60 * 60 * 1000


def iso(ms: int) -> str:
    """`2026-11-20T08:00:00.000Z`"""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Milliseconds since the epoch; the inverse of `iso`."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
