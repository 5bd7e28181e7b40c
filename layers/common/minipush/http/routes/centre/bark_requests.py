"""Requests of Bark's clients: https://github.com/Finb/bark-server (docs/API_V2.md, and the older addresses).

A JSON body makes a request of version 2: the fields of the body, then those of the query, then the path; the later win.
Any other is of version 1: the query, then a form, then a multipart form, then the path. Names are in any case.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from minipush.http.edge.gateway import HttpRequest

MOST_BYTES: Final = 64 * 1024
MOST_KEYS: Final = 100
# How many parts a path has, and what they are.
PARTS: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("device_key",),
    2: ("device_key", "body"),
    3: ("device_key", "title", "body"),
    4: ("device_key", "title", "subtitle", "body"),
}
# Which says what the path was before API Gateway decoded it. A proxy in front of the API may send it.
RAW_PATH: Final = "x-forwarded-uri"
PREFETCHING: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")

# Apprise knows no path before /push.
ROOT_PUSH: Final = "POST /push"

type Fields = dict[str, str]


class UnreadableRequestError(Exception):
    """`status`: the answer's. The text goes to the caller."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class BarkRequest:
    """`device_keys` is None for one device, whose key is a field."""

    fields: Fields
    device_keys: Sequence[str] | None = None


def path_parts(request: HttpRequest) -> list[str]:
    """What follows /p/, in parts, decoded.

    API Gateway decodes a path before it matches it, but for %25. So %2F parts a path, unless a proxy tells the path as
    it was sent.
    """
    if request.route == ROOT_PUSH:
        return ["push"]
    path = _sent_path(request).partition("/p/")[2]
    return [unquote_plus(part) for part in path.removesuffix("/").split("/")]


def _sent_path(request: HttpRequest) -> str:
    """The header counts only for the path that was matched."""
    sent = urlsplit(request.headers.get(RAW_PATH, "")).path
    is_same = sent.partition("/p/")[1] and unquote(sent).endswith(unquote(request.path))
    return sent if is_same else request.path


def is_prefetch(request: HttpRequest) -> bool:
    """HEAD, and what browsers and WeChat load before anybody asks for it."""
    said = " ".join(request.headers.get(name, "") for name in PREFETCHING).lower()
    return request.method == "HEAD" or "prefetch" in said or "preview" in said


def read_fields(request: HttpRequest) -> BarkRequest:
    """The fields of the body and the query. Raises UnreadableRequestError."""
    query = _lower(parse_qsl(request.event.get("rawQueryString") or "", keep_blank_values=True))
    body = _body(request)
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type") or "application/octet-stream"
    if kind.get_content_type() == "application/json":
        return _version_2(body, query)
    return BarkRequest(query | _form(kind, body))


def _body(request: HttpRequest) -> bytes:
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnreadableRequestError(415, "Unsupported Media Type")
    try:
        body = base64.b64decode(request.body) if request.is_base64 else request.body.encode()
    except ValueError:
        raise UnreadableRequestError(400, "request bind failed: not UTF-8") from None
    if len(body) > MOST_BYTES:
        raise UnreadableRequestError(413, "Request Entity Too Large")
    return body


def _version_2(body: bytes, query: Fields) -> BarkRequest:
    given = _json(body) if body.strip() else {}
    keys = query.pop("device_keys", given.pop("device_keys", None))
    fields = _lower((name, _text(value)) for name, value in given.items() if _is_text(value))
    return BarkRequest(fields | query, None if keys is None else _device_keys(keys))


def _json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
        # A lone half of a surrogate pair is valid JSON, and nothing behind us could encode it.
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadableRequestError(400, "request bind failed: the body is not JSON") from None
    if not isinstance(given, dict):
        raise UnreadableRequestError(400, "request bind failed: the body is not an object")
    return {name.lower(): value for name, value in given.items()}


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _text(value: Any) -> str:
    """Clients send numbers and booleans where Bark wants texts."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _device_keys(given: Any) -> Sequence[str]:
    keys = given.split(",") if isinstance(given, str) else given
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise UnreadableRequestError(400, "invalid type for device_keys")
    if len(keys) > MOST_KEYS:
        why = f"batch push count exceeds the maximum limit: {MOST_KEYS}"
        raise UnreadableRequestError(400, why)
    return list(dict.fromkeys(key.strip() for key in keys if key.strip()))


def _form(kind: Message, body: bytes) -> Fields:
    if kind.get_content_type() == "application/x-www-form-urlencoded":
        return _lower(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if kind.get_content_type() == "multipart/form-data":
        return _lower(_multipart(kind, body))
    return {}


def _multipart(kind: Message, body: bytes) -> Iterator[tuple[str, str]]:
    """The texts; files are left out."""
    head = b"Content-Type: " + str(kind["Content-Type"]).encode() + b"\r\n\r\n"
    for part in BytesParser().parsebytes(head + body).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            content = part.get_payload(decode=True)
            yield name, content.decode(errors="replace") if isinstance(content, bytes) else ""


def _lower(pairs: "Iterator[tuple[str, str]] | Sequence[tuple[str, str]]") -> Fields:
    return {name.lower(): value for name, value in pairs}
