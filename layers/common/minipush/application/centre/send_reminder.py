"""Sends a reminder by one channel, and learns from the answer what concerns more than this reminder."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.centre.circuit_breakers import CircuitBreakers
from minipush.application.centre.failed_tries import FailedTries, private_texts
from minipush.application.centre.reminder_facts import ReminderFacts
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.centre.channels import ChannelStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.reminder_channel import (
    Concerns,
    ReminderChannel,
    ReminderResult,
    ReminderVerdict,
)
from minipush.domain.centre.channels import DeadReason, UserChannel
from minipush.domain.centre.dead_channel_notice import dead_channel_notice
from minipush.domain.centre.inbox import Content, InboxMessage, TextCheck
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderState
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

UNKNOWN = ReminderResult(verdict=ReminderVerdict.UNKNOWN)
SWITCHED_OFF = ReminderResult(verdict=ReminderVerdict.REJECTED, concerns=Concerns.RED_SWITCH)

type FindChannel = Callable[[ChannelKind], ReminderChannel | None]
"""None: the deployment does not offer the channel."""
type UnsubscribeUrl = Callable[[InboxMessage], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReminder:
    """While `sending` says that it is off, nothing but a recall leaves: that shows nobody anything."""

    channel: FindChannel
    channels: ChannelStore
    breakers: CircuitBreakers
    failed_tries: FailedTries
    sending: SendingWatch
    clock: Clock
    unsubscribe_url: UnsubscribeUrl

    async def __call__(
        self, facts: ReminderFacts, to: UserChannel, state: ReminderState, seconds: float, *, is_repeat: bool
    ) -> ReminderResult:
        if self.sending.is_off:
            return SWITCHED_OFF
        reminder = self._reminder(facts, state, is_repeat=is_repeat)
        result = await self._send(reminder, to.address, seconds)
        await self._tell(facts, reminder, to.address, result)
        await self._learn(facts, to, result)
        return result

    async def find(
        self, facts: ReminderFacts, to: UserChannel, state: ReminderState, seconds: float
    ) -> ReminderResult | None:
        """Ask the provider about a reminder in doubt."""
        reminder = self._reminder(facts, state, is_repeat=True)
        try:
            return await self._offered(to.kind).find(reminder, to.address, seconds)
        except Exception:
            logger.exception("a channel failed to find a reminder", extra={"kind": to.kind})
            return None

    async def recall(self, facts: ReminderFacts, to: UserChannel, seconds: float) -> None:
        """Ask the channel to take the reminder back. It may fail: the message is gone from the inbox anyway."""
        message = facts.message
        name = message.sender.name
        recalled = Reminder(
            message_id=message.id, sender=name, title=name, body=name, at=message.at, is_recall=True
        )
        await self._send(recalled, to.address, seconds)

    async def _send(self, reminder: Reminder, address: ChannelAddress, seconds: float) -> ReminderResult:
        """A channel that fails in an unforeseen way may have sent the reminder before."""
        try:
            async with asyncio.timeout(seconds + 1):
                return await self._offered(address.kind).send(reminder, address, seconds)
        except TimeoutError:
            logger.warning("a channel did not keep to its time", extra={"kind": address.kind})
        except Exception:
            logger.exception("a channel failed", extra={"kind": address.kind})
        return UNKNOWN

    async def _tell(
        self, facts: ReminderFacts, reminder: Reminder, address: ChannelAddress, result: ReminderResult
    ) -> None:
        if result.verdict is not ReminderVerdict.ACCEPTED:
            private = private_texts(reminder, address)
            note = self.failed_tries.note
            await asyncio.to_thread(note, facts.message.openid, address.kind, result, private)

    async def _learn(self, facts: ReminderFacts, to: UserChannel, result: ReminderResult) -> None:
        if result.concerns is Concerns.RED_SWITCH:
            return
        host = self._offered(to.kind).host(to.address)
        if result.verdict is ReminderVerdict.REJECTED and result.concerns is Concerns.ADDRESS:
            await asyncio.to_thread(self._mark_dead, facts.message.openid, to.address)
            self.breakers.note_dead_address(to.kind, host)
            return
        is_bad = result.verdict is ReminderVerdict.UNKNOWN or result.concerns is Concerns.PROVIDER
        self.breakers.note(to.kind, host, is_bad=is_bad)

    def _offered(self, kind: ChannelKind) -> ReminderChannel:
        found = self.channel(kind)
        if found is None:
            raise LookupError(f"{kind} is not offered")
        return found

    def _mark_dead(self, openid: str, address: ChannelAddress) -> None:
        """If that fails, the next reminder is refused, too, and marks it. This one is refused, and in no doubt."""
        notice = dead_channel_notice(openid, address.kind, DeadReason.REFUSED, self.clock())
        try:
            self.channels.kill(openid, address, DeadReason.REFUSED, notice)
        except StoreError:
            logger.warning("a dead channel could not be marked", exc_info=True, extra={"kind": address.kind})

    def _reminder(self, facts: ReminderFacts, state: ReminderState, *, is_repeat: bool) -> Reminder:
        message = facts.message
        content = _shown(message)
        return Reminder(
            message_id=message.id,
            at=message.at,
            sender=message.sender.name,
            title=content.title,
            body=content.body,
            markdown=content.markdown,
            url=content.url,
            copy=content.copy,
            group=content.group,
            is_repeat=is_repeat,
            first_try=state.first_try,
            unsubscribe_url=self.unsubscribe_url(message),
        )


def _shown(message: InboxMessage) -> Content:
    """What has not been checked is not sent in clear."""
    if message.text_check in (TextCheck.PENDING, TextCheck.BLOCKED):
        return Content(title=message.sender.name, body=message.sender.name)
    return message.content
