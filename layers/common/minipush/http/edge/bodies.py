"""A request's body, looked at before anything else reads it."""

import base64
import json
from email.message import Message
from http import HTTPStatus
from typing import Any, NoReturn

from minipush.http.edge.gateway import Request
from minipush.http.edge.problems import ProblemError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
# An audience may name 10,000 openids; a hundred thousand mistakes take seconds to find.
MAX_VALUES = 20_000


def check_body(request: Request) -> None:
    """Raises ProblemError for what isn't a JSON object in UTF-8, too long, too deep, or no Unicode inside."""
    if not request.body:
        return  # some steps take none; where one is needed, its absence is noted later
    _check_encoding(request)
    raw = raw_body(request)
    text = _text(raw)
    _check_type(request)
    value = _parse(text)
    _check_shape(value)
    if not isinstance(value, dict):
        detail = "The body must be a JSON object."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, [("", "not an object")])


def _check_encoding(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")


def _check_type(request: Request) -> None:
    """Without a Content-Type a body counts as JSON."""
    said = Message()
    said["Content-Type"] = request.headers.get("content-type") or "application/json"
    charset = said.get_content_charset("utf-8")
    if said.get_content_type() != "application/json" or charset not in ("utf-8", "utf8", "us-ascii"):
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json, in UTF-8.")


def raw_body(request: Request) -> bytes:
    """Raises ProblemError for one that is too long, or no base64 where it should be."""
    raw = _from_base64(request.body) if request.is_base64 else request.body.encode(errors="surrogatepass")
    if len(raw) > MAX_BYTES:
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {MAX_BYTES} bytes.")
    return raw


def _from_base64(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise _bad("The body is not valid base64.") from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeError:
        raise _bad("The body is not valid UTF-8.") from None


def _parse(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        # \ud800 is JSON but no character: nothing after us could write it down.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise _bad("The body holds half of a surrogate pair.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _bad(f"The body is not JSON: {error}"[:200]) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers of JSON differ on which of two values counts, so none does."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _check_shape(value: Any) -> None:
    """Goes by breadth, so that no depth can exhaust the stack."""
    level, depth, values = [value], 0, 1
    while level := [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]:
        depth += 1
        values += len(level)
        if depth > MAX_DEPTH:
            raise _too_deep()
        if values > MAX_VALUES:
            detail = f"The body holds more than {MAX_VALUES} values."
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _too_deep() -> ProblemError:
    return _bad(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _bad(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, detail, [("", detail)])
