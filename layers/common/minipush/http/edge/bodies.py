"""A request's body: checked and parsed once, before anything else reads it."""

import base64
import json
from email.message import Message
from typing import Any, NoReturn

from minipush.http.edge import problem_types as types
from minipush.http.edge.gateway import HttpRequest
from minipush.http.edge.problems import ProblemError

# Whatever comes with the others is ignored.
METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
# An audience may name 10,000 openids. Validating a hundred thousand wrong values would take seconds.
MAX_VALUES = 20_000
# More than any field takes.
MOST_DIGITS = 400


def read_body(request: HttpRequest) -> dict[str, Any] | None:
    """The JSON object in the body, or None for an empty one: the schema notices where a body is missing.

    Raises ProblemError for a body that is not a JSON object in UTF-8, too large, too deep, or not valid Unicode.
    """
    if not request.body:
        return None
    _check_encoding(request)
    text = _text(raw_body(request))
    _check_type(request)
    value = _parse(text)
    _check_shape(value)
    if not isinstance(value, dict):
        detail = "The body must be a JSON object."
        raise ProblemError(types.INVALID_REQUEST, detail, [("", "not an object")])
    return value


def raw_body(request: HttpRequest) -> bytes:
    """Raises ProblemError for a body that is too large, or not base64 where it has to be."""
    raw = _from_base64(request.body) if request.is_base64 else request.body.encode(errors="surrogatepass")
    if len(raw) > MAX_BYTES:
        raise ProblemError(types.BODY_TOO_LARGE, f"A body may have {MAX_BYTES} bytes at most.")
    return raw


def _check_encoding(request: HttpRequest) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise ProblemError(types.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")


def _check_type(request: HttpRequest) -> None:
    """A body without a Content-Type counts as JSON."""
    header = Message()
    header["Content-Type"] = request.headers.get("content-type") or "application/json"
    charset = header.get_content_charset("utf-8")
    if header.get_content_type() != "application/json" or charset not in ("utf-8", "utf8", "us-ascii"):
        raise ProblemError(types.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json in UTF-8.")


def _from_base64(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise _malformed("The body is not valid base64.") from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeError:
        raise _malformed("The body is not valid UTF-8.") from None


def _parse(text: str) -> Any:
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_unique
        )
        return value if _is_unicode(value) else _without_broken_entries(value)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _malformed(f"The body is not JSON: {error}"[:200]) from None


def _integer(digits: str) -> float:
    """Beyond all limits, as 1e999 is, where Python would refuse to read it."""
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _is_unicode(value: Any) -> bool:
    """A lone surrogate, such as U+D800, is valid JSON but no character, and nothing behind us could encode it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        return False
    return True


def _without_broken_entries(value: Any) -> Any:
    """An entry of a list costs only itself: the schema finds null in its place. Elsewhere, the body is refused."""
    if isinstance(value, dict):
        value = {
            name: [entry if _is_unicode(entry) else None for entry in inner]
            if isinstance(inner, list)
            else inner
            for name, inner in value.items()
        }
    if not _is_unicode(value):
        raise _malformed("The body contains half of a surrogate pair.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON parsers disagree on which of two equal names wins, so neither is accepted."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _check_shape(value: Any) -> None:
    """Walk breadth-first, so that no depth can exhaust the stack."""
    level, depth, values = [value], 0, 1
    while level := [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]:
        depth += 1
        values += len(level)
        if depth > MAX_DEPTH:
            raise _too_deep()
        if values > MAX_VALUES:
            raise ProblemError(types.BODY_TOO_LARGE, f"The body may have {MAX_VALUES} values at most.")


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _too_deep() -> ProblemError:
    return _malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _malformed(detail: str) -> ProblemError:
    return ProblemError(types.MALFORMED_BODY, detail, [("", detail)])
