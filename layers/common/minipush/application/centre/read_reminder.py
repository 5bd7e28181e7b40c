"""Reads what decides about a reminder: the message, its sender's standing, the user's wishes and channels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from minipush.application.centre.reminder_facts import ReminderFacts
from minipush.application.ports.centre.readers import ReaderStore
from minipush.application.ports.centre.reminder_store import ReminderStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.channels import channels_in_order
from minipush.domain.centre.inbox import Sender, SenderKind
from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown
from minipush.domain.centre.reminder_rules import ReminderRules
from minipush.domain.users import UserSettings

# Later than any instant.
FOR_GOOD: Final = 2**53


@dataclass(frozen=True, slots=True)
class AppStanding:
    """Whether an app may push, and whether it may remind."""

    is_banned: bool = False
    is_held: bool = False


type ReadStanding = Callable[[str], AppStanding]
"""Takes an appid. An app that is gone counts as banned."""
type ReadUserSettings = Callable[[str], UserSettings]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReminder:
    """Takes the openid and the item's sk. None if there is no such item, or no reminder. Raises StoreError."""

    reminders: ReminderStore
    readers: ReaderStore
    standing: ReadStanding
    user_settings: ReadUserSettings
    clock: Clock

    def __call__(self, openid: str, sk: str) -> ReminderFacts | None:
        message = self.reminders.read(openid, sk)
        if message is None or message.reminder is None:
            return None
        now = self.clock()
        reader = self.readers.read(openid, message.sender, now)
        standing = self._standing(message.sender)
        hours = self.user_settings(openid).quiet_hours
        rules = ReminderRules(
            is_deleted=message.is_deleted,
            text_check=message.text_check,
            level=reader.level,
            is_app_banned=standing.is_banned,
            is_app_held=standing.is_held,
            muted_until=max(_end(reader.preferences.do_not_disturb), _end(reader.do_not_disturb)),
            is_quiet=hours is not None and hours.cover(now),
        )
        return ReminderFacts(
            message=message,
            state=message.reminder,
            rules=rules,
            channels=channels_in_order(reader.preferences.channels, reader.channels),
            stops_in_doubt=reader.preferences.on_unknown is OnUnknown.STOP,
        )

    def _standing(self, sender: Sender) -> AppStanding:
        return self.standing(sender.id) if sender.kind is SenderKind.APP else AppStanding()


def _end(do_not_disturb: DoNotDisturb | None) -> int:
    if do_not_disturb is None:
        return 0
    return FOR_GOOD if do_not_disturb.until is None else do_not_disturb.until
