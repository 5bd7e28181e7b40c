"""Change a user's settings, at the request of the user or of an operator."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.domain.daily_use import CountedChange
from minipush.domain.settings_log import Changer, with_changes
from minipush.domain.users import UserSettings
from minipush.errors import TooManyChangesError


class ChangeSettings:
    """`settings`: fields of UserSettings. Values that are set already cost no write."""

    def __init__(self, users: UserStore, clock: Clock) -> None:
        self._users = users
        self._clock = clock

    def __call__(self, openid: str, settings: Mapping[str, Any]) -> UserSettings:
        """At the user's request. Opting out is always possible. Raises TooManyChangesError, StoreError."""
        now = self._clock()
        found = self._users.read_settings(openid)
        if replace(found.settings, **settings) == found.settings:
            return found.settings
        opts_out = settings.get("opt_out") and not found.settings.opt_out
        if not (opts_out or found.changes.allows_one(now)):
            raise TooManyChangesError
        log = with_changes(found.log, found.settings, settings, Changer.USER, now)
        return self._users.change(openid, settings, CountedChange(found.changes, now), log)

    def by_operator(self, openid: str, settings: Mapping[str, Any]) -> UserSettings:
        """At an operator's request, who may change tags, too. Raises StoreError."""
        now = self._clock()
        found = self._users.read_settings(openid)
        if replace(found.settings, **settings) == found.settings:
            return found.settings
        log = with_changes(found.log, found.settings, settings, Changer.OPERATOR, now)
        return self._users.change(openid, settings, log=log)
