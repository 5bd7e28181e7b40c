"""Whether WeChat objects to a text. Source: WeChat's page of msgSecCheck, version 2."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import AnswerError, LostAnswerError, RefusedError, WeChatError
from minipush.wechat.messages import to_body
from minipush.wechat.tokens import Sleep, Token, TokenSource
from minipush.wechat.transport import Request, Transport

TEXT_CHECK_PATH: Final = "/wxa/msg_sec_check"
LONGEST: Final = 2500
"""Characters of a call, counted as UTF-16 units: WeChat doesn't say how, and this is the larger number."""
TIMEOUT: Final = 3.0
PATIENCE: Final = 6.0
"""Seconds for all the calls about a text: somebody waits for the answer."""
PAUSES: Final = (0.5, 1.5)
LABELS: Final = {
    100: "normal",
    10001: "advertising",
    20001: "politics",
    20002: "pornography",
    20003: "abuse",
    20006: "crime",
    20008: "fraud",
    20012: "vulgarity",
    20013: "copyright",
    21000: "other",
}
_VERSION: Final = 2
# Profile, comment, forum, social log: none is a message. A post in a forum, written by one and read by many,
# is the nearest.
_SCENE: Final = 3
_RISKY_BY_VERSION_1: Final = 87014
# They last for a minute: nobody waits that long for an answer.
MINUTES_LIMITS: Final = frozenset({44991, 45011})
# What is cut in two could hide a word that WeChat knows, so the pieces overlap. Two of them and a line break
# fill a call.
_PIECE: Final = (LONGEST - 1) // 2
_OVERLAP: Final = 50
_LABEL: Final = re.compile("[0-9]{1,9}")


class Suggestion(StrEnum):
    PASS = "pass"  # noqa: S105  # a word of WeChat's, not a password
    REVIEW = "review"  # a human should look
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`label` is one of LABELS, or newer than they are. `keywords`: those of the account's own, set in
    the console, that WeChat found.
    """

    suggestion: Suggestion
    label: int | None = None
    keywords: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """In words."""
        return LABELS.get(self.label, f"label {self.label}") if self.label is not None else "no label"


class TextCheck:
    """`monotonic` is in seconds."""

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        *,
        sleep: Sleep = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._sleep = sleep
        self._monotonic = monotonic

    def check(self, text: str, openid: str) -> Verdict:
        """The worst that is said of any part of it. `openid`: who opened the mini-program within two hours.

        Raises `WeChatError`: 61010 for a user who did not, 40003 and 43104 for an openid of nobody here.
        """
        until = self._monotonic() + PATIENCE
        worst = Verdict(Suggestion.PASS)
        for part in parts_of(text):
            worst = max(self._patiently(part, openid, until), worst, key=_severity)
            if worst.suggestion is Suggestion.RISKY:
                break
        return worst

    def _patiently(self, part: str, openid: str, until: float) -> Verdict:
        pauses = iter(PAUSES)
        while True:
            try:
                return self._once(part, openid, until)
            except WeChatError as error:
                pause = next(pauses, None)
                if not _passes(error) or pause is None or self._monotonic() + pause >= until:
                    raise
            self._sleep(pause)

    def _once(self, part: str, openid: str, until: float) -> Verdict:
        asked = {"content": part, "version": _VERSION, "scene": _SCENE, "openid": openid}
        body = to_body(asked)

        def ask(token: Token) -> dict[str, Any]:
            request = Request("POST", TEXT_CHECK_PATH, {"access_token": token.value}, body)
            return successful_fields(self._transport(request, self._timeout(until)))

        try:
            return _verdict(self._tokens.lend(ask))
        except RefusedError as error:
            if error.errcode != _RISKY_BY_VERSION_1:
                raise
        return Verdict(Suggestion.RISKY)

    def _timeout(self, until: float) -> float:
        left = until - self._monotonic()
        if left <= 0:
            raise LostAnswerError("the time for the text check is over")
        return min(TIMEOUT, left)


def parts_of(text: str) -> Iterator[str]:
    """Whole lines, as many as a call may have; a line that is longer than that in pieces."""
    part = ""
    for piece in (piece for line in text.split("\n") for piece in _pieces(line)):
        longer = f"{part}\n{piece}" if part else piece
        if _units(longer) > LONGEST:
            yield part
            longer = piece
        part = longer
    if part.strip():
        yield part


def _pieces(line: str) -> Iterator[str]:
    if _units(line) <= LONGEST:
        yield line
        return
    for start in range(0, len(line) - _OVERLAP, _PIECE - _OVERLAP):
        yield line[start : start + _PIECE]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _passes(error: WeChatError) -> bool:
    return error.reaction is Reaction.BACK_OFF and error.errcode not in MINUTES_LIMITS


def _severity(verdict: Verdict) -> int:
    return list(Suggestion).index(verdict.suggestion)


def _verdict(fields: dict[str, Any]) -> Verdict:
    result = fields.get("result")
    if not isinstance(result, dict) or result.get("suggest") not in list(Suggestion):
        raise AnswerError("no verdict in the answer")
    return Verdict(
        Suggestion(result["suggest"]), _label(result.get("label")), _keywords(fields.get("detail"))
    )


def _label(value: object) -> int | None:
    return int(str(value)) if _LABEL.fullmatch(str(value)) else None


def _keywords(detail: object) -> tuple[str, ...]:
    """Of the strategies that worked (errcode 0) and did not let it pass."""
    entries = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    valid = [
        entry for entry in entries if entry.get("errcode") == 0 and entry.get("suggest") != Suggestion.PASS
    ]
    found = [entry.get("keyword") for entry in valid]
    return tuple(dict.fromkeys(word for word in found if isinstance(word, str) and word))
