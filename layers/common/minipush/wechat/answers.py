"""Reads WeChat's answers: JSON in UTF-8 with any Content-Type, and errors with status 200.

A text may contain raw control characters, such as a line feed in the content of a template. JSON forbids them, and
WeChat sends them all the same.
"""

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, Final, NamedTuple

import orjson

from minipush.wechat.errcodes import code_of, reaction_to_status
from minipush.wechat.errors import AnswerError, RefusedError
from minipush.wechat.redaction import redacted_errmsg
from minipush.wechat.transport import Response

_NUMERIC: Final = re.compile(r"-?[0-9]{1,10}")
_RID: Final = re.compile(r"rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")
_LONGEST_ERRCODE: Final = 10**10


class Answer(NamedTuple):
    """`errcode` is None if the answer has none, as most successful answers with data."""

    errcode: int | None
    fields: dict[str, Any]

    @property
    def rid(self) -> str | None:
        """WeChat's id of a refused call. Its console explains the call for seven days."""
        found = _RID.search(str(self.fields.get("errmsg")))
        return found[1] if found else None

    def errmsg(self, secrets: Iterable[str]) -> str | None:
        """For people, see `redacted_errmsg`. Never decide by it: its wording changes."""
        return redacted_errmsg(self.fields.get("errmsg"), secrets)


def read_answer(body: bytes) -> Answer:
    """Raises `AnswerError` for anything but a JSON object with a valid errcode or none."""
    fields = _parsed(body)
    if not isinstance(fields, dict):
        raise AnswerError("the answer is not a JSON object")
    if "errcode" not in fields:
        return Answer(None, fields)
    return Answer(_errcode(fields["errcode"]), fields)


def successful_fields(response: Response, *secrets: str) -> dict[str, Any]:
    """`secrets` of the request are kept out of the error. Raises `RefusedError` for an errcode, `AnswerError` for any other answer but a success."""
    if not 200 <= response.status < 300:
        raise AnswerError(f"HTTP {response.status}", reaction=reaction_to_status(response.status))
    answer = read_answer(response.body)
    if answer.errcode:
        raise RefusedError(code_of(answer.errcode), answer.rid, answer.errmsg(secrets))
    return answer.fields


def _parsed(body: bytes) -> Any:
    for parse in (orjson.loads, _lenient):
        try:
            return parse(body)
        except (ValueError, RecursionError):
            # raised below, outside of the except block: the parser's error holds the body, which may be a token
            pass
    raise AnswerError("the answer is not JSON")


_lenient = partial(json.loads, strict=False)


def _errcode(value: object) -> int:
    if type(value) is int and abs(value) < _LONGEST_ERRCODE:
        return value
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        return int(value)
    raise AnswerError("the errcode is not a number")
