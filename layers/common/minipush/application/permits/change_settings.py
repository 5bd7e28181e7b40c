"""Change a user's own settings, at the user's request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.domain.daily_use import CountedChange
from minipush.domain.users import UserSettings
from minipush.errors import TooManyChangesError


class ChangeSettings:
    def __init__(self, users: UserStore, clock: Clock) -> None:
        self._users = users
        self._clock = clock

    def __call__(self, openid: str, settings: Mapping[str, Any]) -> UserSettings:
        """Values that are set already cost no write. Opting out is always possible.

        `settings`: fields of UserSettings. Raises TooManyChangesError, StoreError.
        """
        now = self._clock()
        found = self._users.read_settings(openid)
        if replace(found.settings, **settings) == found.settings:
            return found.settings
        opts_out = settings.get("opt_out") and not found.settings.opt_out
        if not (opts_out or found.changes.allows_one(now)):
            raise TooManyChangesError
        return self._users.change(openid, settings, CountedChange(found.changes, now))
