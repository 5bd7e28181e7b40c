"""The form of a log line: no openid in clear, no credential, no text of an error that may quote a user's.

What modules log names no user except by `user_hash`. This is for what they can't foresee, such as the text of an error.
"""

import re
from collections.abc import Iterator, Mapping
from traceback import format_tb
from types import TracebackType
from typing import Any, Final

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from minipush.domain.ids import user_hash
from minipush.errors import RejectedRequestError

type Raised = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)  # as sys.exc_info()

# By the root of their module: texts of these errors quote no request and no item.
TOLD: Final = frozenset({"minipush", "botocore", "redis"})
# Ids and names that minipush and Lambda make, in a form that a credential may have, too.
AS_THEY_ARE: Final = frozenset({"delivery_id", "function", "location", "request_id", "timestamp"})
# Compiled by the first line. A session begins with eyJ. A template_id has 43 characters, an access_token more than 60.
_FORBIDDEN: Final = (
    r"(?<![A-Za-z0-9_-])(?:(o[A-Za-z0-9_-]{27})|mp[a-z]?_[A-Za-z0-9_-]+|eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|[0-9a-f]{32}|[A-Za-z0-9_-]{60,})"
    r"(?![A-Za-z0-9_-])"
)


class LogLines(LambdaPowertoolsFormatter):
    """JSON, as Powertools makes it."""

    def __init__(self) -> None:
        super().__init__(serialize_stacktrace=False)

    def serialize(self, log: Any) -> str:
        line: Mapping[str, Any] = log
        said = {name: value for name, value in line.items() if name != "exception_notes"}
        return super().serialize({name: _redacted(name, value) for name, value in said.items()})

    def formatException(self, ei: Raised) -> str:  # noqa: N802  # logging's name
        return "\n".join(_told(ei[1], set())) if ei[1] else ""


def _redacted(name: str, value: Any) -> Any:
    if name in AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return re.sub(_FORBIDDEN, _stand_in, value)
    if isinstance(value, Mapping):
        return {key: _redacted(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", each) for each in value]
    return value if value is None or isinstance(value, int | float) else _redacted(name, str(value))


def _stand_in(found: re.Match[str]) -> str:
    return f"user:{user_hash(found[1])}" if found[1] else "…"


def _told(error: BaseException, before: set[int]) -> Iterator[str]:
    """Where the error was raised, and what it says if its kind quotes nobody; its causes first, as Python has them."""
    before.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for other in (cause, *inner):
        if other and id(other) not in before:
            yield from _told(other, before)
    yield "".join(format_tb(error.__traceback__)) + _named(error)


def _named(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {error}" if _quotes_nobody(error) else name


def _quotes_nobody(error: BaseException) -> bool:
    if isinstance(error, RejectedRequestError):
        return False  # it tells the caller what is wrong with the caller's own words
    is_of_the_network = isinstance(error, OSError)
    root = type(error).__module__.partition(".")[0]
    return is_of_the_network or (root in TOLD and type(error).__name__ != "ParamValidationError")
