"""formIds and prepay_ids.

Source: framework/open-ability/template-message on developers.weixin.qq.com.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from local.simulator.account.clock import Clock
from local.simulator.answers import ErrcodeError

LIFETIME = 7 * 86_400
FormKind = Literal["form", "pay"]
USES: dict[FormKind, int] = {"form": 1, "pay": 3}


@dataclass(slots=True)
class FormPermit:
    kind: FormKind
    openid: str
    expires_at: float
    uses_left: int
    given_at: float


class FormPermits:
    """A formId is valid for one message and a prepay_id for three, for seven days, for the user who gave it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._permits: dict[str, FormPermit] = {}

    def give(self, form_id: str, openid: str, kind: FormKind) -> None:
        now = self._clock()
        self._permits[form_id] = FormPermit(kind, openid, now + LIFETIME, USES[kind], now)

    def spend(self, form_id: object, openid: str, prepay_id_delay: float = 0) -> FormPermit:
        """ErrcodeError 41028: unknown, expired or another user's id; 41029: used up.

        `prepay_id_delay`: for so many seconds after a payment, its id is unknown.
        """
        permit, now = self._permits.get(form_id) if isinstance(form_id, str) else None, self._clock()
        if permit is None or permit.openid != openid or now >= permit.expires_at:
            raise ErrcodeError(41028)
        if permit.kind == "pay" and now < permit.given_at + prepay_id_delay:
            raise ErrcodeError(41028)
        if not permit.uses_left:
            raise ErrcodeError(41029)
        permit.uses_left -= 1
        return permit

    def tally(self) -> dict[FormKind, dict[str, int]]:
        """The number of live, expired and spent ids of each kind. An expired id was not spent."""
        now = self._clock()
        counts = Counter((permit.kind, _state(permit, now)) for permit in self._permits.values())
        return {kind: {state: counts[kind, state] for state in ("live", "expired", "spent")} for kind in USES}


def _state(permit: FormPermit, now: float) -> str:
    if not permit.uses_left:
        return "spent"
    return "live" if now < permit.expires_at else "expired"
