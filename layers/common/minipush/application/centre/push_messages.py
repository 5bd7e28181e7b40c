"""Push one message to the users who have bound an app."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.centre.push_message import CheckText, PushMessage, PushWork
from minipush.application.ports.centre.addressees import Addressees
from minipush.application.ports.clock import Clock
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import TooManyPushesError
from minipush.domain.centre.inbox import Content, Sender, SenderKind, TextCheck
from minipush.domain.centre.pushes import (
    Addressee,
    Push,
    PushLimits,
    PushOutcome,
    PushReason,
    PushStatus,
)
from minipush.domain.centre.reminders import ReminderReason
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PushRecipient:
    """A user, by the binding key or by the app's own openid: one of them."""

    key: str | None = None
    openid: str | None = None


type CheckPushText = Callable[[App, Content], TextCheck]


class PushMessages:
    def __init__(
        self,
        addressees: Addressees,
        push_message: PushMessage,
        limit: LimitPushes,
        check_text: CheckPushText,
        clock: Clock,
    ) -> None:
        self._addressees = addressees
        self._push_message = push_message
        self._limit = limit
        self._check_text = check_text
        self._clock = clock

    def __call__(
        self, app: App, recipients: Sequence[PushRecipient], push: Push, work: PushWork
    ) -> list[PushOutcome]:
        """An outcome for each recipient, in order. The same work again stores nothing more.

        Raises TooManyPushesError, with nothing stored, if all recipients have had as many as they may; StoreError.
        """
        checked = self._checked_once(app, push)
        outcomes = [self._push(app, recipient, push, work, checked) for recipient in recipients]
        self._count_stored(app, outcomes)
        if all(outcome.reason is PushReason.RATE_LIMITED for outcome in outcomes):
            seconds = min(outcome.retry_seconds or 1 for outcome in outcomes)
            raise _too_many(app.limits, seconds)
        return outcomes

    def _count_stored(self, app: App, outcomes: Sequence[PushOutcome]) -> None:
        """The messages are stored by now: a count that fails must not make the app push them again."""
        stored = [outcome for outcome in outcomes if outcome.status is PushStatus.STORED]
        try:
            self._limit.count_messages(app.appid, len(stored))
        except StoreError:
            logger.warning("messages are not counted", exc_info=True, extra={"appid": app.appid})

    def _checked_once(self, app: App, push: Push) -> CheckText:
        """All recipients get the same text."""
        return cache(lambda: self._check_text(app, push.content))

    def _push(
        self, app: App, recipient: PushRecipient, push: Push, work: PushWork, check_text: CheckText
    ) -> PushOutcome:
        user = self._find(Sender(SenderKind.APP, app.appid, app.name), recipient)
        if isinstance(user, PushReason):
            return PushOutcome.skipped(user)
        return self._push_message(under_rules_of(app, user, self._clock()), push, work, check_text)

    def _find(self, sender: Sender, recipient: PushRecipient) -> Addressee | PushReason:
        if recipient.key is not None:
            return self._addressees.of_binding(sender, recipient.key)
        return self._addressees.of_openid(sender, recipient.openid or "")


def under_rules_of(app: App, user: Addressee, now: int) -> Addressee:
    """With what operators allow the app."""
    held = None if app.may_remind(now) else ReminderReason.APP_HELD
    return replace(user, held=held, limits=app.limits)


def _too_many(limits: PushLimits, seconds: int) -> TooManyPushesError:
    hour, day = limits.to_user_per_hour, limits.to_user_per_day
    return TooManyPushesError(f"{hour} messages an hour and {day} a day to one user", hour, seconds)
