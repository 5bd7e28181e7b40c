"""Accepted subscriptions.

Source: framework/open-ability/subscribe-message on developers.weixin.qq.com.
"""

from typing import Literal

from local.simulator.answers import ErrcodeError


class Subscriptions:
    """Accepts add up by user and template, and each is valid for one message. A long-term accept is never used up."""

    def __init__(self) -> None:
        self._once: dict[tuple[str, str], int] = {}
        self._long_term: set[tuple[str, str]] = set()

    def accept(self, openid: str, template_id: str, count: int) -> None:
        key = (openid, template_id)
        self._once[key] = self._once.get(key, 0) + count

    def accept_long_term(self, openid: str, template_id: str) -> None:
        self._long_term.add((openid, template_id))

    def turn_off(self, openid: str, template_id: str) -> int:
        """Void the user's accepts of this template. Return their number."""
        key = (openid, template_id)
        voided = self._once.pop(key, 0) + (key in self._long_term)
        self._long_term.discard(key)
        return voided

    def spend(self, openid: str, template_id: str) -> Literal["once", "long"]:
        """ErrcodeError 43101: the user has no accept left for this template."""
        key = (openid, template_id)
        if key in self._long_term:
            return "long"
        left = self._once.get(key, 0)
        if not left:
            raise ErrcodeError(43101)
        self._once[key] = left - 1
        return "once"

    def tally(self) -> dict[str, int]:
        return {"once": sum(self._once.values()), "long": len(self._long_term)}
