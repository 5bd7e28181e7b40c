"""Have WeChat check what apps push. Nobody sees a text before it has passed.

WeChat checks a text under the openid of a user who has used the mini-program within two hours. At night nobody of an app
may have: its messages wait, and the check is made under the reader's openid when the inbox is opened.
"""

import enum
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from minipush.application.messages.check_text import TextChecks
from minipush.application.ports.clock import Clock
from minipush.domain.centre.apps import App
from minipush.domain.centre.inbox import Content, InboxMessage, TextCheck
from minipush.domain.message_errors import TextCheckOpenidError
from minipush.domain.text_checks import TextCheckResult, TextRating
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import WeChatUnavailableError

logger = logging.getLogger(__name__)

FRESH_MS: Final = 2 * HOUR_MS
# WeChat is asked about so many texts of one page of an inbox. The next opening checks the others.
CHECKS_A_PAGE: Final = 10

type LastSeen = Callable[[str], int | None]
"""Takes an openid. Returns when the user last logged in (ms)."""
type CountBlocked = Callable[[str], None]
"""Takes the appid of an app whose text WeChat finds risky."""
type KeepCheck = Callable[[InboxMessage], None]
"""Stores the `text_check` of a message that was checked."""


class TextCheckUnder(enum.StrEnum):
    """Whose openid is tried first: the values of the parameter TextCheckUnder."""

    OWNER = "owner"  # at the push, where the app's owner is fresh; else at the opening
    READER = "reader"  # always at the opening


class CheckPushText:
    """Checks the text of a push. A text that WeChat has rated within the week needs nobody's openid."""

    def __init__(
        self,
        checks: TextChecks,
        last_seen: LastSeen,
        count_blocked: CountBlocked,
        clock: Clock,
        under: TextCheckUnder,
    ) -> None:
        self._checks = checks
        self._last_seen = last_seen
        self._count_blocked = count_blocked
        self._clock = clock
        self._under = under

    def __call__(self, app: App, content: Content) -> TextCheck:
        """PENDING where WeChat can't be asked now. Raises StoreError."""
        text = text_of(content)
        if not text:
            return TextCheck.PASSED
        result = self._checks.known(text) or self._ask(text, app.owner_openid)
        if result and result.rating is TextRating.RISKY:
            self._count_blocked(app.appid)
        return verdict_on(result)

    def _ask(self, text: str, owner: str | None) -> TextCheckResult | None:
        if self._under is TextCheckUnder.READER or owner is None or not self._is_fresh(owner):
            return None
        try:
            return self._checks.check(text, owner)
        except (TextCheckOpenidError, WeChatUnavailableError) as error:
            logger.info("a push waits for its text check", extra={"cause": str(error)})
            return None

    def _is_fresh(self, openid: str) -> bool:
        seen = self._last_seen(openid)
        return seen is not None and self._clock() - seen < FRESH_MS


class CheckInboxTexts:
    """Checks the texts of messages that wait, under the openid of their reader. Most pages have none: `checks` makes
    what is needed for one.
    """

    def __init__(
        self, checks: Callable[[], TextChecks], count_blocked: CountBlocked, keep: KeepCheck
    ) -> None:
        self._checks = checks
        self._count_blocked = count_blocked
        self._keep = keep

    def __call__(self, openid: str, messages: Sequence[InboxMessage]) -> list[InboxMessage]:
        """The same messages. Those that could not be checked still wait. Raises StoreError."""
        results = _Results(self._checks, openid)
        return [self._checked(message, results) for message in messages]

    def _checked(self, message: InboxMessage, results: "_Results") -> InboxMessage:
        if message.text_check is not TextCheck.PENDING or message.is_deleted:
            return message
        result = results.of(text_of(message.content))
        if result is None:
            return message
        checked = replace(message, text_check=verdict_on(result))
        self._keep(checked)
        if result.rating is TextRating.RISKY:
            self._count_blocked(message.sender.id)
        return checked


class _Results:
    """What WeChat says of the texts of one page. After its first failure it isn't asked again."""

    def __init__(self, checks: Callable[[], TextChecks], openid: str) -> None:
        self._checks = checks
        self._openid = openid
        self._left = CHECKS_A_PAGE
        self._found: dict[str, TextCheckResult] = {}

    def of(self, text: str) -> TextCheckResult | None:
        result = self._found.get(text) or self._checks().known(text) or self._ask(text)
        if result:
            self._found[text] = result
        return result

    def _ask(self, text: str) -> TextCheckResult | None:
        if not self._left:
            return None
        self._left -= 1
        try:
            return self._checks().check(text, self._openid)
        except (TextCheckOpenidError, WeChatUnavailableError) as error:
            logger.info("an inbox shows messages without their texts", extra={"cause": str(error)})
            self._left = 0
            return None


def verdict_on(result: TextCheckResult | None) -> TextCheck:
    """A text that a human should look at is not shown: nobody looks at single pushes."""
    if result is None:
        return TextCheck.PENDING
    return TextCheck.PASSED if result.rating is TextRating.PASS else TextCheck.BLOCKED


def text_of(content: Content) -> str:
    """All texts of a message in one check.

    No separator stands between them, so that a word that is split over fields is one word to WeChat, too. The title
    comes before the body and before the markdown, as a user may see either.
    """
    return "\n".join(line for line in _lines(content) if line.strip())


def _lines(content: Content) -> Iterator[str]:
    url = content.url or ""
    others = "".join((content.copy or "", url, content.page or "", content.group or ""))
    yield content.title + content.body + others
    if content.markdown:
        yield content.title + content.markdown + others
    if unquote(url) != url:
        yield unquote(url)
