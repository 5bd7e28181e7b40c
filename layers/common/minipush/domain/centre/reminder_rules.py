"""Whether a user may be reminded at this moment. Rules are judged when a job runs, not when it is queued."""

from dataclasses import dataclass

from minipush.domain.centre.inbox import Level, TextCheck
from minipush.domain.centre.reminders import ReminderReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRules:
    """What is known now of the message, its sender and the user.

    `level`: what the user allows the sender now; NONE where the binding or the key is gone. `muted_until`: the end
    (ms) of do-not-disturb, the user's own or for this sender. `is_quiet`: the user's quiet hours cover this moment.
    """

    is_deleted: bool = False
    text_check: TextCheck = TextCheck.NOT_NEEDED
    level: Level = Level.STRONG
    is_app_banned: bool = False
    is_app_held: bool = False
    muted_until: int = 0
    is_quiet: bool = False

    def reason_against(self, now: int) -> ReminderReason | None:
        """The first rule that forbids a reminder. What no change of the settings removes comes first."""
        rules = (
            (self.is_deleted, ReminderReason.DELETED),
            (self.level is Level.NONE, ReminderReason.UNBOUND),
            (self.is_app_banned, ReminderReason.APP_BANNED),
            (self.text_check is TextCheck.BLOCKED, ReminderReason.CONTENT_BLOCKED),
            (self.is_app_held, ReminderReason.APP_HELD),
            (self.level is Level.WEAK, ReminderReason.WEAK),
            (self.muted_until > now, ReminderReason.DO_NOT_DISTURB),
            (self.is_quiet, ReminderReason.QUIET_HOURS),
        )
        return next((reason for is_against, reason in rules if is_against), None)
