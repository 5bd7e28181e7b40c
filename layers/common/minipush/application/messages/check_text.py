"""Have WeChat check a message's text before many users get it."""

import hashlib
from dataclasses import dataclass

from minipush.application.ports.clock import Clock
from minipush.application.ports.text_checks import TextCheckCache, TextChecker
from minipush.domain.message_errors import BlockedTextError
from minipush.domain.messages import Message
from minipush.domain.text_checks import TextCheckResult, TextRating

# WeChat's opinion of a text may change, and the operator may change the account's own keywords.
RESULT_KEPT_MS = 7 * 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class TextCheckRequest:
    """`openid`: a user who has just used the mini-program. `reviewed`: a human has approved the text."""

    openid: str
    reviewed: bool = False


class TextChecks:
    """Sends a text to WeChat once a week at most, whoever asks for the check."""

    def __init__(self, checker: TextChecker, cache: TextCheckCache, clock: Clock) -> None:
        self._checker = checker
        self._cache = cache
        self._clock = clock

    def known(self, text: str) -> TextCheckResult | None:
        """What WeChat said within the week. Raises StoreError."""
        return self._cache.find(_digest(text), self._clock())

    def check(self, text: str, openid: str) -> TextCheckResult:
        """Ask WeChat, and keep the answer. Raises TextCheckOpenidError, WeChatUnavailableError, StoreError."""
        result = self._checker.check(text, openid)
        self._cache.keep(_digest(text), result, self._clock() + RESULT_KEPT_MS)
        return result


class CheckTexts:
    """Checks the text of a campaign."""

    def __init__(self, checker: TextChecker, cache: TextCheckCache, clock: Clock) -> None:
        self._checks = TextChecks(checker, cache, clock)

    def __call__(self, message: Message, request: TextCheckRequest | None) -> None:
        """Without a request, nothing is checked.

        Raises BlockedTextError, TextCheckOpenidError, WeChatUnavailableError, StoreError.
        """
        text = text_of(message)
        if request is None or not text:
            return
        result = self._checks.known(text) or self._checks.check(text, request.openid)
        is_approved = result.rating is TextRating.REVIEW and request.reviewed
        if result.rating is not TextRating.PASS and not is_approved:
            raise BlockedTextError(_objection(result))


def text_of(message: Message) -> str:
    """The values of all fields, one line each, ordered by key. Numbers count: they may be phone numbers."""
    values = (message.data[key].get("value", "") for key in sorted(message.data))
    return "\n".join(value for value in values if value.strip())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _objection(result: TextCheckResult) -> str:
    words = f": {', '.join(result.keywords)}" if result.keywords else ""
    found = f"({result.topic}{words})"
    if result.rating is TextRating.RISKY:
        return f"WeChat finds this text risky {found}"
    return (
        f"WeChat wants a human to review this text {found};"
        ' "reviewed": true in text_check confirms that one has'
    )
