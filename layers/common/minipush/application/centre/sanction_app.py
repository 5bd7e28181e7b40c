"""Sanction an app without a complaint, and lift a sanction."""

from minipush.application.centre.moderate import Moderate
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.errors import AlreadyDecidedError, UnknownCaseError
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange, impose, lift
from minipush.domain.centre.points import POINTS_LIVE_MS
from minipush.domain.centre.sanctions import FOR_GOOD, Lift, Sanction, SanctionKind


class SanctionApp:
    """`by`: the name of the operator key."""

    def __init__(self, store: SanctionStore, clock: Clock) -> None:
        self._store = store
        self._moderate = Moderate(store)
        self._clock = clock

    def impose(
        self, appid: str, kind: SanctionKind, until: int | None, rule: str, note: str, by: str
    ) -> Sanction:
        """`until` in ms; None: for good, or as long as points are live for a notice.

        Raises UnknownAppError, StoreError.
        """
        now = self._clock()
        default = now + POINTS_LIVE_MS if kind is SanctionKind.NOTICE else FOR_GOOD
        sanction = Sanction(
            id=CaseId.new(appid, now),
            kind=kind,
            at=now,
            until=default if until is None else until,
            rule=rule,
            note=note,
            by=by,
        )
        self._moderate(appid, lambda app: impose(app, sanction))
        return sanction

    def lift(self, id_: CaseId, note: str, by: str) -> Sanction:
        """Raises UnknownCaseError, AlreadyDecidedError, StoreError."""
        now = self._clock()
        lifted = Lift(by=by, at=now, note=note)

        def step(app: ModeratedApp) -> ModerationChange:
            sanction = app.sanction(id_)
            if sanction is None:
                raise UnknownCaseError("sanction")
            if not sanction.is_in_force(now):
                raise AlreadyDecidedError("This sanction is over.")
            return lift(app, sanction, lifted)

        after = self._moderate(id_.appid, step).after.sanction(id_)
        if after is None:
            raise UnknownCaseError("sanction")
        return after
