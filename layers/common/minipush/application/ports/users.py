"""Users and their permits."""

from collections.abc import Mapping
from typing import Any, Protocol

from minipush.domain.permits import Permit
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.users import Settings, User


class UserStore(Protocol):
    """Users' partitions. Reads are consistent: what was written before is seen."""

    def read(self, openid: str) -> User: ...

    def add(self, openid: str, permits: list[Permit]) -> list[bool]:
        """Store those not yet there, spent ones included; tells of each whether it is new."""
        ...

    def withdraw(self, openid: str, template_ids: set[str], now: int) -> int:
        """Take back the subscriptions of these templates; how many there were that nothing had claimed.

        None comes back by being given back, and no one-time accept by being added again. A long-term one has no id:
        added again, it is a new one.
        """
        ...

    def mark_delivery_failed(self, openid: str, permit: Permit, msgid: str, errcode: int | None) -> bool:
        """The message on this claimed permit never came. False where its holder has it no longer."""
        ...

    def record_login(self, openid: str, unionid: str | None, now: int) -> None:
        """Note a login."""
        ...

    def change(self, openid: str, settings: Mapping[str, Any]) -> Settings:
        """Set the fields of Settings that are given, keep the others."""
        ...

    def save_refusals(self, openid: str, template_refusals: Mapping[str, TemplateRefusal | None]) -> None:
        """What the user said no to, by template; None forgets it. Of other templates all stays."""
        ...
