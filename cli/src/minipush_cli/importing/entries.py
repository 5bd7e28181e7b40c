"""What one line of an import says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Each kind of permit: the list of POST /users/{openid}/permits, and its fields, the first of which names the kind.
PERMITS = {
    "form_ids": ("form_id", "expires_at"),
    "prepay_ids": ("prepay_id",),
    "subscriptions": ("template_id", "id", "result", "long_term"),
}
SETTINGS = ("opt_out", "quiet_hours")
FIELDS = ("openid", *(field for fields in PERMITS.values() for field in fields), "tags", *SETTINGS)


class EntryError(Exception):
    """The line says nothing that can be imported. The message contains the reason."""


@dataclass(frozen=True)
class Record:
    """`fields` as the line has them. `number` counts lines (JSON lines), rows (CSV) or elements (Redis)."""

    number: int
    fields: Mapping[str, Any]
    error: str | None = None


@dataclass(frozen=True)
class Permit:
    """`list_` is the name of the list that takes `body`."""

    list_: str
    body: Json


@dataclass(frozen=True)
class Entry:
    number: int
    openid: str
    permit: Permit | None = None
    tags: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None


def read_entry(record: Record) -> Entry:
    """Raises EntryError. Whether the values are good is for the API to say."""
    fields = {name: value for name, value in record.fields.items() if value not in (None, "")}
    if record.error:
        raise EntryError(record.error)
    openid = fields.pop("openid", None)
    if not isinstance(openid, str):
        raise EntryError("no openid")
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise EntryError(f"unknown field {unknown[0]}")
    settings = {name: fields[name] for name in SETTINGS if name in fields}
    entry = Entry(record.number, openid, _permit(fields), _tags(fields), settings or None)
    if entry.permit is None and not entry.tags and not settings:
        raise EntryError("nothing to import")
    return entry


def _permit(fields: Json) -> Permit | None:
    found = [
        Permit(list_, {name: fields[name] for name in names if name in fields})
        for list_, names in PERMITS.items()
        if names[0] in fields
    ]
    if len(found) > 1:
        raise EntryError("more than one permit on a line")
    if not found and any(name in fields for names in PERMITS.values() for name in names):
        raise EntryError("no form_id, prepay_id or template_id")
    return found[0] if found else None


def _tags(fields: Json) -> tuple[str, ...]:
    tags = fields.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise EntryError("tags must be a list of texts")
    return tuple(tags)
