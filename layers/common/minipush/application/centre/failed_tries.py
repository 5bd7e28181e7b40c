"""Tells operators why a provider did not take a reminder or a code."""

import logging
from collections.abc import Iterable
from typing import Final

from minipush.application.ports.centre.channel_refusals import ChannelRefusal, ChannelRefusalStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder
from minipush.domain.ids import user_hash
from minipush.errors import StoreError

# A process whose account is refused writes so rarely.
TOLD_MS: Final = 60_000
# Shorter ones, such as a title of one digit, would take the sense out of a provider's text, and tell nothing.
_SHORTEST: Final = 4

logger = logging.getLogger(__name__)


class FailedTries:
    """Each is a log line. What concerns the account is kept, too: everybody's reminders of the kind fail."""

    def __init__(self, refusals: ChannelRefusalStore, clock: Clock) -> None:
        self._refusals = refusals
        self._clock = clock
        self._told: dict[ChannelKind, int] = {}

    def note(self, openid: str, kind: ChannelKind, result: ReminderResult, private: Iterable[str]) -> None:
        """`private`: texts that a provider may repeat, and nobody else may read. It may block."""
        if result.verdict is ReminderVerdict.ACCEPTED or result.concerns is Concerns.RED_SWITCH:
            return
        detail = _without(result.detail or "", private)
        _log(openid, kind, result, detail)
        if result.concerns is Concerns.ACCOUNT:
            self._keep(kind, detail)

    def _keep(self, kind: ChannelKind, detail: str) -> None:
        now = self._clock()
        if now - self._told.get(kind, -TOLD_MS) < TOLD_MS:
            return
        self._told[kind] = now
        try:
            self._refusals.keep(kind, ChannelRefusal(now, detail))
        except StoreError:
            logger.warning("a channel's refusal could not be kept", extra={"kind": kind})


def private_texts(reminder: Reminder, address: ChannelAddress) -> list[str]:
    """What a reminder's provider may repeat."""
    texts = (reminder.title, reminder.body, reminder.markdown, reminder.url, reminder.copy, address.text)
    return [text for text in texts if text and text != reminder.sender]


def _without(detail: str, private: Iterable[str]) -> str:
    """The longest first: a title may be a part of its body."""
    for text in sorted(private, key=len, reverse=True):
        detail = detail.replace(text, "…") if len(text) >= _SHORTEST else detail
    return detail


def _log(openid: str, kind: ChannelKind, result: ReminderResult, detail: str) -> None:
    concerns_all = result.concerns is Concerns.ACCOUNT
    logger.log(
        logging.WARNING if concerns_all else logging.INFO,
        "a provider did not take a reminder",
        extra={
            "kind": kind.value,
            "verdict": result.verdict.value,
            "concerns": result.concerns and result.concerns.value,
            "reason": result.reason and result.reason.value,
            "detail": detail,
            "user": user_hash(openid),
        },
    )
