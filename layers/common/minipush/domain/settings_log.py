"""The last changes of a user's settings, kept with the settings: a change costs no further write."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minipush.domain.users import UserSettings

# The log makes the user's item larger, and each write of it dearer.
MAX_CHANGES = 10
KEPT_MS = 90 * 24 * 60 * 60 * 1000


class Changer(enum.StrEnum):
    USER = "user"
    OPERATOR = "operator"


class SettingsStep(enum.StrEnum):
    """What became of the settings. The values are part of the HTTP contract."""

    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    QUIET_HOURS_SET = "quiet_hours_set"
    QUIET_HOURS_REMOVED = "quiet_hours_removed"


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """`at` in ms."""

    at: int
    by: Changer
    step: SettingsStep


type SettingsLog = tuple[SettingsChange, ...]
"""The oldest change comes first."""


def with_changes(
    log: SettingsLog, before: UserSettings, changes: Mapping[str, Any], by: Changer, now: int
) -> SettingsLog:
    """The log after `changes`, which are fields of UserSettings. Tags don't count."""
    made = tuple(SettingsChange(now, by, step) for step in _steps(before, changes))
    return (*(change for change in log if change.at > now - KEPT_MS), *made)[-MAX_CHANGES:]


def _steps(before: UserSettings, changes: Mapping[str, Any]) -> Iterator[SettingsStep]:
    opt_out = changes.get("opt_out", before.opt_out)
    if opt_out != before.opt_out:
        yield SettingsStep.OPTED_OUT if opt_out else SettingsStep.OPTED_IN
    quiet = changes.get("quiet_hours", before.quiet_hours)
    if quiet != before.quiet_hours:
        yield SettingsStep.QUIET_HOURS_SET if quiet else SettingsStep.QUIET_HOURS_REMOVED
