"""Have WeChat look at a message's texts before many get it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from minipush.application.ports.clock import Clock
from minipush.domain.messages import Message
from minipush.errors import BlockedTextError, TextCheckOpenidError
from minipush.wechat.errors import RefusedError
from minipush.wechat.text_check import Suggestion, Verdict

# WeChat's mind may change, and with it the words that it minds.
KEPT_MS = 7 * 24 * 60 * 60 * 1000

UNFIT_OPENIDS = {
    61010: "this user has not opened the mini-program within the last two hours, and WeChat checks a text only for"
    " one who has: have them open it now and log in, or name another who did",
    40003: "WeChat knows nobody of this openid in this mini-program",
    43104: "WeChat says that the openid is another mini-program's",
}

type Ask = Callable[[str, str], Verdict]
"""Takes the text and the openid to ask under. Raises WeChatError."""


@dataclass(frozen=True, slots=True)
class TextCheckRequest:
    """`openid`: of someone who has just used the mini-program. `reviewed`: a human has looked at the text."""

    openid: str
    reviewed: bool = False


class TextCheckCache(Protocol):
    def find(self, key: str, now: int) -> Verdict | None:
        """Unless it was kept until then (ms) or less."""
        ...

    def keep(self, key: str, verdict: Verdict, kept_until: int) -> None: ...


class CheckTexts:
    """The same text is asked about once in a week, whoever sends it."""

    def __init__(self, ask: Ask, verdicts: TextCheckCache, clock: Clock) -> None:
        self._ask = ask
        self._verdicts = verdicts
        self._clock = clock

    def __call__(self, message: Message, asked: TextCheckRequest | None) -> None:
        """None: it is not to be checked. Raises BlockedTextError, TextCheckOpenidError, WeChatError, StoreError."""
        text = text_of(message)
        if asked is None or not text:
            return
        verdict = self._known(text, asked.openid)
        is_seen_to = verdict.suggestion is Suggestion.REVIEW and asked.reviewed
        if verdict.suggestion is not Suggestion.PASS and not is_seen_to:
            raise BlockedTextError(_why(verdict))

    def _known(self, text: str, openid: str) -> Verdict:
        key = hashlib.sha256(text.encode()).hexdigest()
        verdict = self._verdicts.find(key, self._clock())
        if verdict is None:
            verdict = self._asked(text, openid)
            self._verdicts.keep(key, verdict, self._clock() + KEPT_MS)
        return verdict

    def _asked(self, text: str, openid: str) -> Verdict:
        try:
            return self._ask(text, openid)
        except RefusedError as error:
            if error.errcode not in UNFIT_OPENIDS:
                raise
            raise TextCheckOpenidError(UNFIT_OPENIDS[error.code.errcode], error.code.errcode) from None


def _why(verdict: Verdict) -> str:
    words = f": {', '.join(verdict.keywords)}" if verdict.keywords else ""
    found = f"({verdict.about}{words})"
    if verdict.suggestion is Suggestion.RISKY:
        return f"WeChat finds this text risky {found}"
    confirm = '"reviewed": true in text_check says that one has'
    return f"WeChat wants a human to look at this text {found}; {confirm}"


def text_of(message: Message) -> str:
    """All that it says, numbers too, which may be somebody's to call: a line for each field, by key."""
    values = (message.data[key].get("value", "") for key in sorted(message.data))
    return "\n".join(value for value in values if value.strip())
