"""Decide a complaint: an upheld one costs the app points, and the ladder says what follows."""

from dataclasses import dataclass

from minipush.application.centre.moderate import Moderate
from minipush.application.ports.centre.complaints import ComplaintStore
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict, Complaint
from minipush.domain.centre.errors import AlreadyDecidedError, UnknownCaseError
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange, decide
from minipush.domain.centre.points import ComplaintCategory
from minipush.domain.centre.sanctions import Sanction


@dataclass(frozen=True, slots=True)
class DecidedComplaint:
    """`sanction`: what the ladder has added, if anything."""

    complaint: Complaint
    sanction: Sanction | None


class DecideComplaint:
    def __init__(self, complaints: ComplaintStore, sanctions: SanctionStore, clock: Clock) -> None:
        self._complaints = complaints
        self._moderate = Moderate(sanctions)
        self._clock = clock

    def __call__(
        self, id_: CaseId, verdict: CaseVerdict, category: ComplaintCategory | None, note: str, by: str
    ) -> DecidedComplaint:
        """`category`: the user's, if it is None. `by`: the name of the operator key.

        Raises UnknownCaseError, AlreadyDecidedError, StoreError.
        """
        now = self._clock()
        decision = CaseDecision(verdict=verdict, by=by, at=now, note=note)
        case_id = CaseId.new(id_.appid, now)

        def step(app: ModeratedApp) -> ModerationChange:
            """The complaint is read after the app: if it is decided in between, the app's version has changed."""
            complaint = self._undecided(id_)
            return decide(app, complaint, decision, category or complaint.category, case_id)

        change = self._moderate(id_.appid, step)
        return DecidedComplaint(change.decided or self._undecided(id_), change.after.sanction(case_id))

    def _undecided(self, id_: CaseId) -> Complaint:
        complaint = self._complaints.read_complaint(id_)
        if complaint is None:
            raise UnknownCaseError("complaint")
        if complaint.decision:
            raise AlreadyDecidedError("This complaint is decided.")
        return complaint
