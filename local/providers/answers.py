"""The answers of a provider's server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Request:
    """`query`: as it was sent. `headers`: names in lower case. `peer`: the caller's address."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = "127.0.0.1"

    @property
    def json(self) -> dict[str, Any] | None:
        """None for anything but an object."""
        try:
            fields = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return fields if isinstance(fields, dict) else None


def as_json(status: int, fields: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(fields, ensure_ascii=False).encode())
