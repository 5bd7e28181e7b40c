"""Complaints and what is decided about apps, in memory. It passes the contract suite of the real stores."""

from dataclasses import asdict, dataclass, field, replace
from threading import Lock

from support.centre import MemoryApps

from minipush.application.ports.centre.sanctions import RecordPage
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import (
    REJECTED_COUNT,
    WINDOW_MS,
    CaseVerdict,
    Complainers,
    Complaint,
    ComplaintStatus,
)
from minipush.domain.centre.errors import UnknownAppError
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange
from minipush.domain.centre.record import AUTOMATIC, RecordedAct, RecordLine
from minipush.domain.centre.sanctions import Sanction, standing
from minipush.domain.timestamps import DAY_MS, HOUR_MS


@dataclass
class MemoryModeration:
    """Both ports: ComplaintStore and SanctionStore. `apps` learn what is in force."""

    apps: MemoryApps = field(default_factory=MemoryApps)
    complaints: dict[CaseId, Complaint] = field(default_factory=dict)
    own: dict[tuple[str, str], CaseId] = field(default_factory=dict)
    pseudonyms: dict[str, str] = field(default_factory=dict)
    moderated: dict[str, ModeratedApp] = field(default_factory=dict)
    lines: dict[str, list[RecordLine]] = field(default_factory=dict)
    counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    complainers: dict[tuple[str, int], Complainers] = field(default_factory=dict)
    blocked: dict[tuple[str, int], int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    # ---- complaints

    def add(self, openid: str, complaint: Complaint) -> Complaint:
        with self.lock:
            id_ = self.own.setdefault((openid, complaint.place), complaint.id)
            return self.complaints.setdefault(id_, complaint)

    def read_complaint(self, id_: CaseId) -> Complaint | None:
        return self.complaints.get(id_)

    def complainer(self, openid: str) -> str:
        return self.pseudonyms.setdefault(openid, f"user-{len(self.pseudonyms)}")

    def about(self, openid: str, message_id: str) -> list[Complaint]:
        mine = [self.complaints[id_] for (user, _), id_ in self.own.items() if user == openid]
        return [one for one in mine if one.message_id == message_id]

    def of_user(self, openid: str, limit: int, before: str | None) -> list[Complaint]:
        mine = {place: id_ for (user, place), id_ in self.own.items() if user == openid}
        newest = sorted((place for place in mine if not before or place < before), reverse=True)
        return [self.complaints[mine[place]] for place in newest[:limit]]

    def newest(self, status: ComplaintStatus | None, limit: int, before: CaseId | None) -> list[Complaint]:
        found = [one for one in self.complaints.values() if status in (None, one.status)]
        earlier = [one for one in found if before is None or one.id < before]
        return sorted(earlier, key=lambda one: one.id, reverse=True)[:limit]

    def rejections(self, user: str, since: int) -> int:
        decisions = [one.decision for one in self.complaints.values() if one.user == user and one.decision]
        rejected = [one for one in decisions if one.verdict is CaseVerdict.REJECTED and one.at >= since]
        return min(len(rejected), REJECTED_COUNT)

    def count_complainer(self, appid: str, user: str, at: int, reviews: int) -> Complainers:
        counted_at, in_review = self.counted.get((appid, user), (0, -1))
        before = self.complainers.get((appid, reviews), Complainers({}))
        is_due = counted_at <= at - WINDOW_MS or (in_review != reviews and counted_at < at)
        if not is_due:
            return before
        self.counted[appid, user] = at, reviews
        after = self.complainers[appid, reviews] = _with_one(before, at)
        return after

    # ---- decisions

    def read_app(self, appid: str) -> ModeratedApp:
        return self.moderated.get(appid, ModeratedApp(appid=appid))

    def read_sanction(self, id_: CaseId) -> Sanction | None:
        return self.read_app(id_.appid).sanction(id_)

    def change(self, change: ModerationChange) -> bool:
        appid = change.after.appid
        with self.lock:
            if self.apps.read(appid) is None:
                raise UnknownAppError(appid)
            if self.read_app(appid).version != change.before.version:
                return False
            self.moderated[appid] = replace(change.after, version=change.before.version + 1)
            ends = asdict(standing(change.after.sanctions))
            self.apps.change(appid, ends | {"hold_until": change.after.hold_until})
            self.lines.setdefault(appid, []).extend(change.lines)
            if change.decided:
                self.complaints[change.decided.id] = change.decided
            return True

    def record(self, appid: str, limit: int, start: str | None) -> RecordPage:
        newest = self.lines.get(appid, [])[::-1]
        first = int(start[2:15]) if start else 0
        more = len(newest) > first + limit
        return RecordPage(
            newest[first : first + limit], f"r#{first + limit:013}#00000000#00" if more else None
        )

    def appealed(self, status: ComplaintStatus | None, limit: int, before: CaseId | None) -> list[Sanction]:
        found = [one for app in self.moderated.values() for one in app.sanctions if one.appeal]
        fitting = [one for one in found if status in (None, _status(one)) and (not before or one.id < before)]
        return sorted(fitting, key=lambda one: one.id, reverse=True)[:limit]

    def count_blocked_text(self, appid: str, now: int) -> None:
        counted = self.blocked[appid, now // DAY_MS] = self.blocked.get((appid, now // DAY_MS), 0) + 1
        if counted == 1:
            line = RecordLine(at=now, by=AUTOMATIC, act=RecordedAct.TEXT_BLOCKED)
            self.lines.setdefault(appid, []).append(line)


def _with_one(complainers: Complainers, now: int) -> Complainers:
    hour = now // HOUR_MS
    return Complainers({**complainers.by_hour, hour: complainers.by_hour.get(hour, 0) + 1})


def _status(sanction: Sanction) -> ComplaintStatus:
    decision = sanction.appeal and sanction.appeal.decision
    return ComplaintStatus(decision.verdict) if decision else ComplaintStatus.OPEN
