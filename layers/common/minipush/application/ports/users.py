"""Users and their permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipush.domain.daily_use import Admission, ChangeCount, CountedChange, UserCounts
    from minipush.domain.permits import Permit
    from minipush.domain.settings_log import SettingsLog
    from minipush.domain.template_refusals import TemplateRefusal
    from minipush.domain.users import User, UserSettings


@dataclass(frozen=True, slots=True)
class CountedUser:
    user: User
    counts: UserCounts


@dataclass(frozen=True, slots=True)
class CountedSettings:
    settings: UserSettings
    changes: ChangeCount
    log: SettingsLog = ()


class UserStore(Protocol):
    """The users' partitions. Reads are consistent: they see every earlier write."""

    def read(self, openid: str) -> User: ...

    def read_counted(self, openid: str) -> CountedUser: ...

    def read_settings(self, openid: str) -> CountedSettings:
        """Read the profile alone, however many permits the user has."""
        ...

    def last_login(self, openid: str) -> int | None:
        """The last log-in (ms), to within ten minutes."""
        ...

    def admit(self, openid: str, admission: Admission) -> bool:
        """Count permits that are about to be stored. False if other requests may have taken the room."""
        ...

    def add(
        self, openid: str, permits: list[Permit], day: int | None = None, at: int | None = None
    ) -> list[bool]:
        """Store the permits that are not there yet. Returns for each whether it is new; a spent permit isn't.

        `day`: the day of their admission, if they were counted. `at`: when they were handed over (ms), for the
        user's timeline.
        """
        ...

    def count_repeats(self, openid: str, permits: int, day: int) -> None:
        """Note that permits that were admitted on `day` had been stored by another request. Later, it does nothing."""
        ...

    def withdraw(self, openid: str, template_ids: set[str], now: int) -> int:
        """Withdraw the subscriptions of these templates. Returns how many of them were unclaimed.

        A claimed one does not come back when its claim is released. A one-time accept does not come back when
        it is added again. A long-term one has no id: added again, it is a new one.
        """
        ...

    def mark_delivery_failed(
        self, openid: str, permit: Permit, msgid: str, errcode: int | None, at: int
    ) -> bool:
        """Note that the message on this claimed permit never arrived, as WeChat said at `at` (ms).

        False if the claim has changed since `permit` was read: given back, taken over, reported as unknown, or
        marked with another msgid.
        """
        ...

    def mark_confirmed(self, openid: str, permit: Permit, msgid: str) -> bool:
        """Note at this claimed permit that WeChat says that the message arrived.

        False as for `mark_delivery_failed`.
        """
        ...

    def record_login(self, openid: str, unionid: str | None, now: int) -> None:
        """Keep the time of the login (ms), to within ten minutes, and the unionid if there is one."""
        ...

    def change(
        self,
        openid: str,
        settings: Mapping[str, Any],
        counted: CountedChange | None = None,
        log: SettingsLog | None = None,
    ) -> UserSettings:
        """Set the given fields of UserSettings and keep the others. Returns all of them.

        `log`: takes the place of the stored one, unless it is None.
        """
        ...

    def save_refusals(
        self,
        openid: str,
        template_refusals: Mapping[str, TemplateRefusal | None],
        counted: CountedChange | None = None,
    ) -> None:
        """Keep the user's refusals by template. None deletes a refusal. Other templates are not changed."""
        ...
