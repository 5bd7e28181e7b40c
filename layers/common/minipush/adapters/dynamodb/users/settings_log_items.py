"""The attribute `settings_log` of a user's profile: the last changes of the settings."""

from typing import Any

from minipush.adapters.dynamodb.users.items import Item
from minipush.domain.settings_log import Changer, SettingsChange, SettingsLog, SettingsStep

SETTINGS_LOG = "settings_log"


def read_settings_log(item: Item) -> SettingsLog:
    changes = (change["S"].split() for change in item.get(SETTINGS_LOG, {}).get("L", ()))
    return tuple(SettingsChange(int(at), Changer(by), SettingsStep(step)) for at, by, step in changes)


def settings_log_value(log: SettingsLog) -> dict[str, Any] | None:
    """Short texts: they are a part of every write of the profile."""
    return {"L": [{"S": f"{change.at} {change.by} {change.step}"} for change in log]} if log else None
