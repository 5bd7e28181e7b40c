"""The check of a message's text, and its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.text_checks import TextCheckResult


class TextChecker(Protocol):
    def check(self, text: str, openid: str) -> TextCheckResult:
        """Check the text under the openid of a user who opened the mini-program within the last two hours.

        Raises TextCheckOpenidError, WeChatUnavailableError.
        """
        ...


class TextCheckCache(Protocol):
    def find(self, key: str, now: int) -> TextCheckResult | None:
        """None where nothing is kept beyond `now` (ms)."""
        ...

    def keep(self, key: str, result: TextCheckResult, kept_until: int) -> None: ...
