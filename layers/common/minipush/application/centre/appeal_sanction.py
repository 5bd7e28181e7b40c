"""Appeal against a sanction, and decide the appeal.

An appeal has the id of its sanction, as there is one at most.
"""

from minipush.application.centre.moderate import Moderate
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict
from minipush.domain.centre.errors import (
    AlreadyDecidedError,
    AppealRefusedError,
    OwnDecisionError,
    UnknownCaseError,
)
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange, appeal, decide_appeal
from minipush.domain.centre.sanctions import Appeal, Sanction


class AppealSanction:
    def __init__(self, store: SanctionStore, clock: Clock) -> None:
        self._moderate = Moderate(store)
        self._clock = clock

    def __call__(self, appid: str, id_: CaseId, text: str) -> None:
        """`appid`: the app that appeals. Raises UnknownCaseError, AppealRefusedError, StoreError."""
        if id_.appid != appid:
            raise UnknownCaseError("sanction")
        made = Appeal(text=text, at=self._clock())
        self._moderate(appid, lambda app: appeal(app, _appealable(app, id_, made.at), made))


class DecideAppeal:
    def __init__(self, store: SanctionStore, clock: Clock) -> None:
        self._moderate = Moderate(store)
        self._clock = clock

    def __call__(self, id_: CaseId, verdict: CaseVerdict, note: str, by: str) -> Sanction:
        """`by`: the name of the operator key; the one that imposed the sanction can't decide.

        Raises UnknownCaseError, OwnDecisionError, AlreadyDecidedError, StoreError.
        """
        decision = CaseDecision(verdict=verdict, by=by, at=self._clock(), note=note)

        def step(app: ModeratedApp) -> ModerationChange:
            sanction, made = _appealed(app, id_)
            if sanction.by == by:
                raise OwnDecisionError(
                    "This operator key imposed the sanction. Another one decides the appeal."
                )
            if made.decision:
                raise AlreadyDecidedError("This appeal is decided.")
            return decide_appeal(app, sanction, made, decision)

        after = self._moderate(id_.appid, step).after
        return _appealed(after, id_)[0]


def _appealable(app: ModeratedApp, id_: CaseId, now: int) -> Sanction:
    sanction = app.sanction(id_)
    if sanction is None:
        raise UnknownCaseError("sanction")
    if not sanction.may_be_appealed(now):
        raise AppealRefusedError("The sanction was appealed before, is lifted, or is older than 30 days.")
    return sanction


def _appealed(app: ModeratedApp, id_: CaseId) -> tuple[Sanction, Appeal]:
    sanction = app.sanction(id_)
    if sanction is None or sanction.appeal is None:
        raise UnknownCaseError("appeal")
    return sanction, sanction.appeal
