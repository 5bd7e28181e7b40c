"""Decisions about an app, as pure steps: each makes the app's next state and the lines of its record."""

from dataclasses import dataclass, replace

from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import HOLD_MS, CaseDecision, CaseVerdict, Complaint
from minipush.domain.centre.points import ComplaintCategory, PointSet, live, points_for, total
from minipush.domain.centre.record import AUTOMATIC, THE_APP, RecordedAct, RecordLine
from minipush.domain.centre.sanctions import Appeal, Lift, Sanction, end_of, rung_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratedApp:
    """What decisions about an app depend on. `version` changes with each of them.

    `hold_until`: until when (ms) the app is held; 0: it is not. `reviews`: how often an operator ended a hold.
    """

    appid: str
    version: int = 0
    points: tuple[PointSet, ...] = ()
    sanctions: tuple[Sanction, ...] = ()
    hold_until: int = 0
    reviews: int = 0

    def live_points(self, now: int) -> list[PointSet]:
        return live(self.points, now)

    def sanction(self, id_: CaseId) -> Sanction | None:
        return next((one for one in self.sanctions if one.id == id_), None)

    def with_sanction(self, sanction: Sanction) -> "ModeratedApp":
        others = tuple(one for one in self.sanctions if one.id != sanction.id)
        return replace(self, sanctions=(*others, sanction))

    def without_points(self, complaint_id: str | None) -> "ModeratedApp":
        """The set stays, without points: the message is not charged again."""
        return replace(
            self,
            points=tuple(
                replace(one, points=0) if one.complaint_id == complaint_id else one for one in self.points
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationChange:
    """One decision with all that follows from it. `before` and `after` are the app's.

    `decided`: a complaint with its new decision. `lines`: added to the record.
    """

    before: ModeratedApp
    after: ModeratedApp
    decided: Complaint | None = None
    lines: tuple[RecordLine, ...] = ()


def decide(
    app: ModeratedApp,
    complaint: Complaint,
    decision: CaseDecision,
    category: ComplaintCategory,
    case_id: CaseId,
) -> ModerationChange:
    """`category`: the operator's. `case_id`: of the sanction, if there will be one."""
    upheld = decision.verdict is CaseVerdict.UPHELD
    points = points_for(category, complaint.grievance, app.live_points(decision.at)) if upheld else 0
    decided = replace(complaint, decision=decision, upheld_as=category if upheld else None, points=points)
    line = RecordLine(
        at=decision.at,
        by=decision.by,
        act=RecordedAct.COMPLAINT_UPHELD if upheld else RecordedAct.COMPLAINT_REJECTED,
        rule=category.value if upheld else None,
        note=decision.note,
        points=points if upheld else None,
        complaint_id=str(complaint.id),
    )
    reviewed, more = _without_hold(app, decision)
    after, sanctions = _with_points(reviewed, decided, points, case_id)
    return ModerationChange(before=app, after=after, decided=decided, lines=(line, *more, *sanctions))


def _without_hold(app: ModeratedApp, decision: CaseDecision) -> tuple[ModeratedApp, tuple[RecordLine, ...]]:
    """A decision is the review that a hold waits for."""
    if app.hold_until <= decision.at:
        return app, ()
    line = RecordLine(at=decision.at, by=decision.by, act=RecordedAct.HOLD_ENDED)
    return replace(app, hold_until=0, reviews=app.reviews + 1), (line,)


def _with_points(
    app: ModeratedApp, decided: Complaint, points: int, case_id: CaseId
) -> tuple[ModeratedApp, tuple[RecordLine, ...]]:
    if not points or not decided.decision:
        return app, ()
    complaint_id, decision = str(decided.id), decided.decision
    added = PointSet(complaint_id=complaint_id, points=points, at=decision.at, grievance=decided.grievance)
    after = replace(app, points=(*app.points, added))
    sanction = _demanded(after, decision, complaint_id, case_id)
    return (after.with_sanction(sanction), (_imposed(sanction),)) if sanction else (after, ())


def _demanded(
    app: ModeratedApp, decision: CaseDecision, complaint_id: str, case_id: CaseId
) -> Sanction | None:
    """What the ladder says, unless the app has it already, and for as long."""
    rung = rung_of(total(app.points, decision.at))
    if rung is None:
        return None
    until = end_of(rung, decision.at)
    if any(one.kind is rung.kind and one.until >= until and not one.is_revoked for one in app.sanctions):
        return None
    return Sanction(
        id=case_id,
        kind=rung.kind,
        at=decision.at,
        until=until,
        rule=rung.rule,
        note=decision.note,
        by=decision.by,
        complaint_id=complaint_id,
    )


def impose(app: ModeratedApp, sanction: Sanction) -> ModerationChange:
    return ModerationChange(before=app, after=app.with_sanction(sanction), lines=(_imposed(sanction),))


def lift(app: ModeratedApp, sanction: Sanction, lifted: Lift) -> ModerationChange:
    """The points stay: only time and appeals take them back."""
    act, id_ = RecordedAct.SANCTION_LIFTED, str(sanction.id)
    line = RecordLine(
        at=lifted.at, by=lifted.by, act=act, note=lifted.note, sanction_id=id_, kind=sanction.kind
    )
    after = app.with_sanction(replace(sanction, lift=lifted))
    return ModerationChange(before=app, after=after, lines=(line,))


def appeal(app: ModeratedApp, sanction: Sanction, made: Appeal) -> ModerationChange:
    line = RecordLine(at=made.at, by=THE_APP, act=RecordedAct.APPEAL_MADE, sanction_id=str(sanction.id))
    after = app.with_sanction(replace(sanction, appeal=made))
    return ModerationChange(before=app, after=after, lines=(line,))


def decide_appeal(
    app: ModeratedApp, sanction: Sanction, made: Appeal, decision: CaseDecision
) -> ModerationChange:
    """A won appeal ends the sanction and takes back the points that it comes from."""
    won = decision.verdict is CaseVerdict.UPHELD
    after = app.with_sanction(replace(sanction, appeal=replace(made, decision=decision)))
    after = after.without_points(sanction.complaint_id) if won else after
    line = RecordLine(
        at=decision.at,
        by=decision.by,
        act=RecordedAct.APPEAL_UPHELD if won else RecordedAct.APPEAL_REJECTED,
        note=decision.note,
        points=total(app.points, decision.at) - total(after.points, decision.at) if won else None,
        sanction_id=str(sanction.id),
    )
    eased = [milder for one in after.sanctions if (milder := _eased(after, one, decision.at))]
    for milder in eased:
        after = after.with_sanction(milder)
    lines = (line, *(_eased_line(milder, decision) for milder in eased))
    return ModerationChange(before=app, after=after, lines=lines)


def _eased(app: ModeratedApp, sanction: Sanction, now: int) -> Sanction | None:
    """What the ladder would have said without points that were taken back since; None if that is the same."""
    if sanction.complaint_id is None or not sanction.is_in_force(now):
        return None
    rung = rung_of(total((one for one in app.points if one.at <= sanction.at), sanction.at))
    if rung is None:
        return None
    milder = replace(sanction, kind=rung.kind, until=end_of(rung, sanction.at), rule=rung.rule)
    return milder if milder.severity < sanction.severity else None


def _eased_line(sanction: Sanction, decision: CaseDecision) -> RecordLine:
    line = _imposed(sanction)
    return replace(line, at=decision.at, by=decision.by, act=RecordedAct.SANCTION_EASED, note=decision.note)


def hold(app: ModeratedApp, now: int) -> ModerationChange:
    until = now + HOLD_MS
    line = RecordLine(at=now, by=AUTOMATIC, act=RecordedAct.HOLD_SET, until=until)
    return ModerationChange(before=app, after=replace(app, hold_until=until), lines=(line,))


def _imposed(sanction: Sanction) -> RecordLine:
    return RecordLine(
        at=sanction.at,
        by=sanction.by,
        act=RecordedAct.SANCTION_IMPOSED,
        rule=sanction.rule,
        note=sanction.note,
        sanction_id=str(sanction.id),
        kind=sanction.kind,
        until=sanction.until,
    )
