"""What is decided about apps, in the Centre table: see case_items.py."""

from collections.abc import Iterator, Mapping
from typing import Any

from minipush.adapters.dynamodb.centre.case_items import (
    KEPT_MS,
    META,
    MODERATION,
    POINTS,
    RECORD,
    SANCTION,
    app_key,
    complaint_item,
    kept,
    line_item,
    number,
    points_item,
    read_line,
    read_points,
    read_sanction,
    sanction_item,
    sanction_key,
    sanction_ttl,
)
from minipush.adapters.dynamodb.centre.complaints import list_pk, listed_complaint, newest_ids, rejections_pk
from minipush.adapters.dynamodb.centre.keys import key
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.centre.sanctions import RecordPage
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseVerdict, Complaint, ComplaintStatus
from minipush.domain.centre.errors import UnknownAppError
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange
from minipush.domain.centre.record import AUTOMATIC, RecordedAct, RecordLine
from minipush.domain.centre.sanctions import Sanction, standing
from minipush.domain.timestamps import DAY_MS

type Write = tuple[str, Mapping[str, Any]]


class DynamoSanctions:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def read_app(self, appid: str) -> ModeratedApp:
        """The version is read first: what changes meanwhile makes it an old one, and `change` refuses it."""
        item = self._table.get(app_key(appid, MODERATION))
        numbers = {
            name: int(item[name]["N"]) for name in ("version", "hold_until", "reviews") if name in item
        }
        return ModeratedApp(
            appid=appid,
            points=tuple(read_points(found) for found in self._all(appid, POINTS)),
            sanctions=tuple(read_sanction(found) for found in self._all(appid, SANCTION)),
            **numbers,
        )

    def _all(self, appid: str, prefix: str) -> list[dict[str, Any]]:
        return self._table.query(f"app#{appid}", "begins_with(sk, :prefix)", {"prefix": prefix})

    def read_sanction(self, id_: CaseId) -> Sanction | None:
        item = self._table.get(sanction_key(id_))
        return read_sanction(item) if item else None

    def change(self, change: ModerationChange) -> bool:
        failed = self._table.transact(*_writes(change))
        if failed == [1]:
            raise UnknownAppError(change.after.appid)
        return not failed

    def record(self, appid: str, limit: int, start: str | None) -> RecordPage:
        page = self._table.query_back(f"app#{appid}", RECORD, f"{RECORD}~", start, limit)
        return RecordPage([read_line(item) for item in page[0]], page[1])

    def appealed(self, status: ComplaintStatus | None, limit: int, before: CaseId | None) -> list[Sanction]:
        ids = [CaseId.read(text) for text in newest_ids(self._table, "appeals", status, limit, before)]
        items = self._table.get_many([sanction_key(id_) for id_ in ids if id_])
        return sorted(map(read_sanction, items), key=lambda one: one.id, reverse=True)

    def count_blocked_text(self, appid: str, now: int) -> None:
        where = app_key(appid, f"t#{now // DAY_MS:06}")
        counted = self._table.update(where, update("", {}, kept(now + KEPT_MS), added={"count": 1}))
        if counted and counted["count"] == number(1):
            line = RecordLine(at=now, by=AUTOMATIC, act=RecordedAct.TEXT_BLOCKED)
            self._table.put(line_item(appid, line, 0, 0))


def _writes(change: ModerationChange) -> Iterator[Write]:
    appid, version = change.after.appid, change.before.version + 1
    yield "Update", {"Key": app_key(appid, MODERATION), **_next_version(change)}
    yield "Update", {"Key": app_key(appid, META), **_standing(change.after)}
    for points in set(change.after.points) - set(change.before.points):
        yield "Put", {"Item": points_item(appid, points)}
    for sanction in set(change.after.sanctions) - set(change.before.sanctions):
        yield "Put", {"Item": sanction_item(sanction)}
        yield from _listed_appeal(sanction)
    if change.decided:
        yield from _decided(change.decided)
    for place, line in enumerate(change.lines):
        yield "Put", {"Item": line_item(appid, line, version, place)}


def _next_version(change: ModerationChange) -> Mapping[str, Any]:
    seen, after = change.before.version, change.after
    condition = "#version = :seen" if seen else "attribute_not_exists(#version)"
    changes = {
        "version": number(seen + 1),
        "hold_until": number(after.hold_until),
        "reviews": number(after.reviews),
    }
    return update(condition, {"seen": number(seen)} if seen else {}, changes)


def _standing(app: ModeratedApp) -> Mapping[str, Any]:
    """What pushes and reminders read with the app."""
    ends = standing(app.sanctions)
    changes = {
        "strong_off_until": number(ends.strong_off_until),
        "banned_until": number(ends.banned_until),
        "hold_until": number(app.hold_until),
    }
    return update("attribute_exists(#sk)", {}, changes)


def _listed_appeal(sanction: Sanction) -> Iterator[Write]:
    if not sanction.appeal:
        return
    decision = sanction.appeal.decision
    status = ComplaintStatus(decision.verdict) if decision else ComplaintStatus.OPEN
    yield "Put", {"Item": {**key(list_pk(status, "appeals"), str(sanction.id)), **sanction_ttl(sanction)}}
    if decision:
        yield "Delete", {"Key": key(list_pk(ComplaintStatus.OPEN, "appeals"), str(sanction.id))}


def _decided(complaint: Complaint) -> Iterator[Write]:
    id_ = str(complaint.id)
    yield "Put", {"Item": complaint_item(complaint)}
    yield "Put", {"Item": listed_complaint(complaint)}
    yield "Delete", {"Key": key(list_pk(ComplaintStatus.OPEN), id_)}
    decision = complaint.decision
    if decision and decision.verdict is CaseVerdict.REJECTED:
        where = key(rejections_pk(complaint.user), f"{decision.at:013}#{id_}")
        yield "Put", {"Item": {**where, **kept(decision.at + KEPT_MS)}}
