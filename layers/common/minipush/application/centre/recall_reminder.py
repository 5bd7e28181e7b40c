"""Take what reminded of a deleted message off the user's devices, where that is possible."""

from minipush.application.ports.centre.reminder_queue import ReminderQueue
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind, ReminderState


class RecallReminder:
    def __init__(self, queue: ReminderQueue) -> None:
        self._queue = queue

    def __call__(self, message: InboxMessage) -> None:
        """Bark's workers see that the message is deleted, and what became of its reminder. Raises StoreError."""
        if message.reminder and _may_be_shown(message.reminder):
            self._queue.add(ChannelKind.BARK, message)


def _may_be_shown(reminder: ReminderState) -> bool:
    """Of one under way, nobody knows yet."""
    return not reminder.status.is_final or ChannelKind.BARK in (reminder.channel, *reminder.in_doubt)
