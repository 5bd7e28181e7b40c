"""A mail came back for good, or its reader has called it spam: nothing more goes to that address."""

import logging
from dataclasses import dataclass
from typing import Final

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
    ReminderState,
    ReminderStatus,
)
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

EMAIL: Final = ChannelKind.EMAIL


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
        """False for a mail that reminded nobody of a message. The same again changes nothing more.

        Raises StoreError, also while it is not written yet whether the mail was sent.
        """
        id_ = feedback.message_id
        openid = self._reader(feedback) if is_message_id(id_) else None
        if openid is None:
            return False
        logger.warning("nothing more is sent to an address", extra={"reason": feedback.reason.value})
        address = ChannelAddress(EMAIL, feedback.address)
        notice = dead_channel_notice(openid, EMAIL, feedback.reason, self.clock())
        self.channels.kill(openid, address, feedback.reason, notice)
        if message := self.inbox.find(openid, id_):
            self._correct(message, feedback)
        return True

    def _reader(self, feedback: MailFeedback) -> str | None:
        """Who had the key may have deleted it since, and a broadcast comes by no key: the mail's link names its reader."""
        ref = ref_in(feedback.message_id)
        owner = self.owner_of(ref) if ref != CENTRE_REF else None
        named = None if owner else self.read_token(feedback.unsubscribe_token or "")
        return named[0] if named else owner

    def _correct(self, message: InboxMessage, feedback: MailFeedback) -> None:
        """A mail that came back reminded nobody. One that its reader calls spam mutes its sender."""
        if feedback.reason is DeadReason.COMPLAINED:
            self.mute(message.openid, message.sender.kind, message.sender.id)
        elif message.reminder:
            self._fail(message, message.reminder, feedback)

    def _fail(self, message: InboxMessage, state: ReminderState, feedback: MailFeedback) -> None:
        if state.status is ReminderStatus.CLAIMED and EMAIL in (state.channel, *state.in_doubt):
            raise StoreError("the reminder's outcome is not written yet")
        is_sent = state.status is ReminderStatus.SENT and state.provider_id == feedback.provider_id
        # The provider's id of a mail in doubt is not known. Whichever mail came back, nothing arrives at its address.
        if not is_sent and EMAIL not in state.in_doubt:
            return
        failed = failed_late(state, EMAIL, ReminderReason.CHANNEL_DEAD)
        if not self.reminders.change(message.openid, message.place, state, failed):
            raise StoreError("the reminder has changed meanwhile")
