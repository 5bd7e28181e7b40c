"""What a worker knows of a reminder when it runs its job."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minipush.domain.centre.channels import UserChannel
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminder_rules import ReminderRules
from minipush.domain.centre.reminders import ChannelKind, ReminderState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFacts:
    """`state`: of the message's reminder. `channels`: the verified ones in the user's order."""

    message: InboxMessage
    state: ReminderState
    rules: ReminderRules
    channels: Sequence[UserChannel]
    stops_in_doubt: bool = False

    def channel(self, kind: ChannelKind | None) -> UserChannel | None:
        return next((channel for channel in self.channels if channel.kind is kind), None)


type ReadReminderFacts = Callable[[str, str], ReminderFacts | None]
"""Takes the openid and the item's sk. None if there is no such item, or no reminder. Raises StoreError."""
