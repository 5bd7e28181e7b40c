"""Take a user's complaint about a message of an app, and hold the app if too many complain."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.centre.moderate import TRIES
from minipush.application.ports.centre.complaints import ComplaintStore
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import (
    HOLD_COMPLAINERS,
    MESSAGE_AGE_MS,
    REJECTED_COUNT,
    REJECTED_WITHIN_MS,
    WINDOW_MS,
    Complaint,
    ComplaintStatus,
    counted_as,
    is_hold_due,
    text_hash,
)
from minipush.domain.centre.errors import ComplaintRefusedError, UnknownCaseError
from minipush.domain.centre.inbox import InboxMessage, SenderKind
from minipush.domain.centre.moderation import hold
from minipush.domain.centre.points import ComplaintCategory

logger = logging.getLogger(__name__)

type FindMessage = Callable[[str, str], InboxMessage | None]
"""Takes an openid and the id of a message of that user."""
type CountMessages = Callable[[str, int], int]
"""Takes an appid and an instant (ms). Returns how many messages the app has pushed in the 24 hours before."""


@dataclass(frozen=True, slots=True)
class Complained:
    """`is_new`: False if the user had complained about this text of the message before."""

    complaint: Complaint
    is_new: bool


class Complain:
    def __init__(
        self,
        find_message: FindMessage,
        complaints: ComplaintStore,
        sanctions: SanctionStore,
        count_messages: CountMessages,
        clock: Clock,
    ) -> None:
        self._find_message = find_message
        self._complaints = complaints
        self._sanctions = sanctions
        self._count_messages = count_messages
        self._clock = clock

    def __call__(
        self, openid: str, message_id: str, category: ComplaintCategory, text: str | None
    ) -> Complained:
        """Raises UnknownCaseError, ComplaintRefusedError, StoreError."""
        now, message = self._clock(), self._find_message(openid, message_id)
        earlier = self._earlier(openid, message_id, message)
        if earlier:
            self._complete(openid, earlier, now)
            return Complained(earlier, is_new=False)
        about = _checked(message, now)
        made = _complaint(self._complaints.complainer(openid), about, category, text, now)
        stored = self._complaints.add(openid, made)
        is_new = stored.id == made.id
        if is_new:
            self._hold_if_due(openid, stored, now)
        return Complained(stored, is_new)

    def _earlier(self, openid: str, message_id: str, message: InboxMessage | None) -> Complaint | None:
        """About the text that the message has now. Of a message that is gone, the last one."""
        earlier = self._complaints.about(openid, message_id)
        if message and not message.is_deleted:
            earlier = [one for one in earlier if text_hash(one.content) == text_hash(message.content)]
        return max(earlier, key=lambda one: one.at, default=None)

    def _complete(self, openid: str, earlier: Complaint, now: int) -> None:
        """The first try may have failed before it counted."""
        if earlier.status is ComplaintStatus.OPEN and earlier.at > now - WINDOW_MS:
            self._hold_if_due(openid, earlier, now)

    def _hold_if_due(self, openid: str, complaint: Complaint, now: int) -> None:
        rejected = self._complaints.rejections(complaint.user, now - REJECTED_WITHIN_MS)
        if rejected >= REJECTED_COUNT:
            return
        appid = complaint.id.appid
        app = self._sanctions.read_app(appid)
        counted = self._complaints.count_complainer(appid, counted_as(openid), complaint.at, app.reviews)
        complainers = counted.recent(now)
        if app.hold_until > now or complainers < HOLD_COMPLAINERS:
            return
        if is_hold_due(complainers, self._count_messages(appid, now)):
            self._hold(appid, now)
            logger.warning("an app is held", extra={"appid": appid, "complainers": complainers})

    def _hold(self, appid: str, now: int) -> None:
        """Of complaints at the same moment, one sets the hold."""
        for _ in range(TRIES):
            app = self._sanctions.read_app(appid)
            if app.hold_until > now or self._sanctions.change(hold(app, now)):
                return


def _checked(message: InboxMessage | None, now: int) -> InboxMessage:
    if message is None or message.is_deleted:
        raise UnknownCaseError("message")
    if message.sender.kind is not SenderKind.APP:
        raise ComplaintRefusedError("Only messages of apps can be complained about.")
    if message.at < now - MESSAGE_AGE_MS:
        raise ComplaintRefusedError("The message is older than 30 days.")
    return message


def _complaint(
    user: str, message: InboxMessage, category: ComplaintCategory, text: str | None, now: int
) -> Complaint:
    return Complaint(
        id=CaseId.new(message.sender.id, now),
        user=user,
        message_id=message.id,
        message_at=message.at,
        content=message.content,
        category=category,
        text=text,
        at=now,
    )
