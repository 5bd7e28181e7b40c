"""The permits a user gave: formIds, prepay_ids, and accepted subscriptions.

Source: framework/open-ability/template-message and subscribe-message on developers.weixin.qq.com.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from local.simulator.answers import RefusedError
from local.simulator.clock import Clock

LIFETIME = 7 * 86_400
FormKind = Literal["form", "pay"]
USES: dict[FormKind, int] = {"form": 1, "pay": 3}


@dataclass(slots=True)
class FormPermit:
    kind: FormKind
    openid: str
    expires_at: float
    uses_left: int


class FormPermits:
    """A formId is worth one message, a prepay_id three, for seven days, to the user who gave it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._permits: dict[str, FormPermit] = {}

    def give(self, form_id: str, openid: str, kind: FormKind) -> None:
        self._permits[form_id] = FormPermit(kind, openid, self._clock() + LIFETIME, USES[kind])

    def spend(self, form_id: object, openid: str) -> FormPermit:
        """RefusedError 41028 for an id unknown, expired or another user's, 41029 for one used up."""
        permit = self._permits.get(form_id) if isinstance(form_id, str) else None
        if permit is None or permit.openid != openid or self._clock() >= permit.expires_at:
            raise RefusedError(41028)
        if not permit.uses_left:
            raise RefusedError(41029)
        permit.uses_left -= 1
        return permit

    def tally(self) -> dict[FormKind, dict[str, int]]:
        """Per kind, how many ids are live, expired unspent, and spent."""
        now = self._clock()
        counts = Counter((permit.kind, _state(permit, now)) for permit in self._permits.values())
        return {kind: {state: counts[kind, state] for state in ("live", "expired", "spent")} for kind in USES}


def _state(permit: FormPermit, now: float) -> str:
    if not permit.uses_left:
        return "spent"
    return "live" if now < permit.expires_at else "expired"


class Subscriptions:
    """Accepts add up per user and template, one message each; a long-term one is never used up."""

    def __init__(self) -> None:
        self._once: dict[tuple[str, str], int] = {}
        self._long_term: set[tuple[str, str]] = set()

    def accept(self, openid: str, template_id: str, count: int) -> None:
        key = (openid, template_id)
        self._once[key] = self._once.get(key, 0) + count

    def accept_long_term(self, openid: str, template_id: str) -> None:
        self._long_term.add((openid, template_id))

    def reject(self, openid: str, template_id: str) -> int:
        """The user turns the template off in the settings: how many accepts are void."""
        key = (openid, template_id)
        voided = self._once.pop(key, 0) + (key in self._long_term)
        self._long_term.discard(key)
        return voided

    def spend(self, openid: str, template_id: str) -> Literal["once", "long"]:
        """RefusedError 43101 where the user accepted nothing that is left."""
        key = (openid, template_id)
        if key in self._long_term:
            return "long"
        left = self._once.get(key, 0)
        if not left:
            raise RefusedError(43101)
        self._once[key] = left - 1
        return "once"

    def tally(self) -> dict[str, int]:
        return {"once": sum(self._once.values()), "long": len(self._long_term)}
