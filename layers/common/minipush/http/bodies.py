"""A request's body, looked at before anything else reads it."""

import base64
import binascii
import json
from http import HTTPStatus
from typing import Any, NoReturn

from minipush.http.problems import ProblemError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32


def check_body(event: dict[str, Any]) -> None:
    """Raises ProblemError for what isn't JSON in UTF-8, too long, too deep, or no Unicode inside."""
    if not event.get("body"):
        return
    raw = _raw(event)
    if len(raw) > MAX_BYTES:
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {MAX_BYTES} bytes.")
    value = _parse(raw)
    if _depth(value) > MAX_DEPTH:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The body is nested deeper than {MAX_DEPTH} levels.")


def _raw(event: dict[str, Any]) -> bytes:
    body: str = event["body"]
    if not event.get("isBase64Encoded"):
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not valid base64.") from None


def _parse(raw: bytes) -> Any:
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse_constant)
        # \ud800 is JSON but no character: nothing after us could write it down.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not valid UTF-8.") from None
    except RecursionError:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, f"The body is nested deeper than {MAX_DEPTH} levels."
        ) from None
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}"[:200]) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _depth(value: Any) -> int:
    """Levels of arrays and objects, by breadth, so that no depth can exhaust the stack."""
    depth, level = 0, [value]
    while level := [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]:
        depth += 1
        if depth > MAX_DEPTH:
            break
    return depth


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
