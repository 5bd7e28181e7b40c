"""A mail came back for good, or its reader has called it spam: nothing more goes to that address."""

import logging
from dataclasses import dataclass

from minipush.application.centre.sent_messages import OwnerOf
from minipush.application.centre.unsubscribe import MuteSender, ReadToken
from minipush.application.ports.centre.channels import ChannelStore
from minipush.application.ports.centre.inbox import InboxStore
from minipush.application.ports.centre.reminder_store import ReminderStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.channels import DeadReason
from minipush.domain.centre.dead_channel_notice import dead_channel_notice
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.late_outcomes import failed_late
from minipush.domain.centre.mail_feedback import MailFeedback
from minipush.domain.centre.message_ids import CENTRE_REF, is_message_id, ref_in
from minipush.domain.centre.reminders import (
    ChannelAddress,
    ChannelKind,
    ReminderReason,
    ReminderStatus,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMailFeedback:
    owner_of: OwnerOf
    read_token: ReadToken
    inbox: InboxStore
    reminders: ReminderStore
    channels: ChannelStore
    mute: MuteSender
    clock: Clock

    def __call__(self, feedback: MailFeedback) -> bool:
        """False for a mail that reminded nobody of a message. The same again changes nothing more. Raises StoreError."""
        id_ = feedback.message_id
        openid = self._reader(feedback) if is_message_id(id_) else None
        if openid is None:
            return False
        logger.warning("nothing more is sent to an address", extra={"reason": feedback.reason.value})
        message = self.inbox.find(openid, id_)
        if message:
            self._correct(message, feedback)
        address = ChannelAddress(ChannelKind.EMAIL, feedback.address)
        notice = dead_channel_notice(openid, ChannelKind.EMAIL, feedback.reason, self.clock())
        self.channels.kill(openid, address, feedback.reason, notice)
        return True

    def _reader(self, feedback: MailFeedback) -> str | None:
        """A broadcast comes by no key. The mail's link names its reader."""
        ref = ref_in(feedback.message_id)
        if ref != CENTRE_REF:
            return self.owner_of(ref)
        named = self.read_token(feedback.unsubscribe_token or "")
        return named[0] if named else None

    def _correct(self, message: InboxMessage, feedback: MailFeedback) -> None:
        """A mail that came back reminded nobody. One that its reader calls spam mutes its sender."""
        if feedback.reason is DeadReason.COMPLAINED:
            self.mute(message.openid, message.sender.kind, message.sender.id)
            return
        state = message.reminder
        if state and state.status is ReminderStatus.SENT and state.provider_id == feedback.provider_id:
            failed = failed_late(state, ChannelKind.EMAIL, ReminderReason.CHANNEL_DEAD)
            self.reminders.change(message.openid, message.place, state, failed)
