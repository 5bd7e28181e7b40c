"""Ids of complaints and sanctions: they sort by time, and name the app."""

import re
import secrets
from dataclasses import dataclass
from typing import Self

APPID = r"[A-Za-z0-9_-]{1,40}"
"""Of a registered app: a case id names it."""

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_INSTANT, _RANDOM = 10, 10
_CASE_ID = re.compile(rf"([0-9a-v]{{{_INSTANT + _RANDOM}}})-({APPID})")


@dataclass(frozen=True, slots=True, order=True)
class CaseId:
    """`number`: 20 digits and letters, those of the instant first."""

    number: str
    appid: str

    @classmethod
    def new(cls, appid: str, now: int) -> Self:
        """`now` in ms."""
        instant = "".join(_DIGITS[now >> shift & 31] for shift in range(5 * (_INSTANT - 1), -1, -5))
        return cls(instant + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM)), appid)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for a text that is no id."""
        found = _CASE_ID.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.number}-{self.appid}"
