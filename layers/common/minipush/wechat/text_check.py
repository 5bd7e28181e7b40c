"""Checks a text with WeChat. Source: WeChat's page of msgSecCheck, version 2."""

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
"""Characters in a call, counted as UTF-16 units. WeChat doesn't say how it counts; this count is the larger one."""
TIMEOUT: Final = 3.0
PATIENCE: Final = 6.0
"""Seconds for all calls about one text: a client waits for the result."""
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
# WeChat's scenes are profile, comment, forum and social log. A forum post, written by one user and read by many,
# is the closest to a message.
_SCENE: Final = 3
_RISKY_BY_VERSION_1: Final = 87014
# These limits last a minute, longer than a client waits.
MINUTES_LIMITS: Final = frozenset({44991, 45011})
# A cut could hide a word from WeChat, so pieces overlap. Two pieces and a line break fill a call.
_PIECE: Final = (LONGEST - 1) // 2
_OVERLAP: Final = 50
_LABEL: Final = re.compile("[0-9]{1,9}")


class Suggestion(StrEnum):
    PASS = "pass"  # noqa: S105  # a value of WeChat's, not a password
    REVIEW = "review"  # a human should look
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """`label` is one of LABELS, or a newer one. `keywords`: the account's own words, set in the console, that
    WeChat found.
    """

    suggestion: Suggestion
    label: int | None = None
    keywords: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The label in words."""
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

    def check(self, text: str, openid: str) -> TextVerdict:
        """The worst verdict on any part of the text. `openid`: a user who opened the mini-program within two hours.

        Raises `WeChatError`: 61010 for a user who did not, 40003 and 43104 for an unknown openid.
        """
        until = self._monotonic() + PATIENCE
        worst = TextVerdict(Suggestion.PASS)
        for part in parts_of(text):
            worst = max(self._with_retries(part, openid, until), worst, key=_severity)
            if worst.suggestion is Suggestion.RISKY:
                break
        return worst

    def _with_retries(self, part: str, openid: str, until: float) -> TextVerdict:
        pauses = iter(PAUSES)
        while True:
            try:
                return self._once(part, openid, until)
            except WeChatError as error:
                pause = next(pauses, None)
                if not _is_temporary(error) or pause is None or self._monotonic() + pause >= until:
                    raise
            self._sleep(pause)

    def _once(self, part: str, openid: str, until: float) -> TextVerdict:
        asked = {"content": part, "version": _VERSION, "scene": _SCENE, "openid": openid}
        body = to_body(asked)

        def ask(token: Token) -> dict[str, Any]:
            request = Request("POST", TEXT_CHECK_PATH, {"access_token": token.value}, body)
            return successful_fields(self._transport(request, self._timeout(until)), token.value, openid)

        try:
            return _verdict(self._tokens.call_with_token(ask))
        except RefusedError as error:
            if error.errcode != _RISKY_BY_VERSION_1:
                raise
        return TextVerdict(Suggestion.RISKY)

    def _timeout(self, until: float) -> float:
        left = until - self._monotonic()
        if left <= 0:
            raise LostAnswerError("the time for the text check is up")
        return min(TIMEOUT, left)


def parts_of(text: str) -> Iterator[str]:
    """As many whole lines as fit into a call; a longer line is cut into pieces."""
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


def _is_temporary(error: WeChatError) -> bool:
    return error.reaction is Reaction.BACK_OFF and error.errcode not in MINUTES_LIMITS


def _severity(verdict: TextVerdict) -> int:
    return list(Suggestion).index(verdict.suggestion)


def _verdict(fields: dict[str, Any]) -> TextVerdict:
    result = fields.get("result")
    if not isinstance(result, dict) or result.get("suggest") not in list(Suggestion):
        raise AnswerError("the answer has no verdict")
    return TextVerdict(
        Suggestion(result["suggest"]), _label(result.get("label")), _keywords(fields.get("detail"))
    )


def _label(value: object) -> int | None:
    return int(str(value)) if _LABEL.fullmatch(str(value)) else None


def _keywords(detail: object) -> tuple[str, ...]:
    """The keywords of strategies that ran (errcode 0) and did not pass the text."""
    entries = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    valid = [
        entry for entry in entries if entry.get("errcode") == 0 and entry.get("suggest") != Suggestion.PASS
    ]
    found = [entry.get("keyword") for entry in valid]
    return tuple(dict.fromkeys(word for word in found if isinstance(word, str) and word))
