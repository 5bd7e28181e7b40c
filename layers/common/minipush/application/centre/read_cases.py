"""Lists of complaints and appeals, an app's record, and what an app knows of its own standing."""

from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.cursors import Cursors
from minipush.application.ports.centre.complaints import ComplaintStore
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.cases import APPID, CaseId
from minipush.domain.centre.complaints import Complaint, ComplaintStatus
from minipush.domain.centre.points import PointSet
from minipush.domain.centre.record import RecordLine
from minipush.domain.centre.sanctions import Sanction

PLACE = r"[0-9a-z]{32}#[0-9a-f]{16}"
CASE = rf"[0-9a-v]{{20}}-{APPID}"
LINE = r"r#[0-9]{13}#[0-9]{8}#[0-9]{2}"


@dataclass(frozen=True, slots=True)
class Page[Entry]:
    entries: list[Entry]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What an app sees: points that are live, the oldest first, and sanctions, the newest first."""

    points: list[PointSet]
    sanctions: list[Sanction]


class ReadCases:
    """Raises InvalidCursorError, StoreError."""

    def __init__(self, complaints: ComplaintStore, sanctions: SanctionStore, clock: Clock) -> None:
        self._complaints = complaints
        self._sanctions = sanctions
        self._clock = clock

    def complaints_of(self, openid: str, limit: int, cursor: str | None) -> Page[Complaint]:
        cursors = Cursors("complaints of", openid)
        before = cursors.read(cursor, PLACE)[0] if cursor else None
        found = self._complaints.of_user(openid, limit + 1, before)
        return _page(found, limit, cursors, lambda one: one.place)

    def complaints(self, status: ComplaintStatus | None, limit: int, cursor: str | None) -> Page[Complaint]:
        cursors = Cursors("complaints", status)
        found = self._complaints.newest(status, limit + 1, _case(cursors, cursor))
        return _page(found, limit, cursors, lambda one: str(one.id))

    def appeals(self, status: ComplaintStatus | None, limit: int, cursor: str | None) -> Page[Sanction]:
        cursors = Cursors("appeals", status)
        found = self._sanctions.appealed(status, limit + 1, _case(cursors, cursor))
        return _page(found, limit, cursors, lambda one: str(one.id))

    def record(self, appid: str, limit: int, cursor: str | None) -> Page[RecordLine]:
        cursors = Cursors("record", appid)
        start = cursors.read(cursor, LINE)[0] if cursor else None
        page = self._sanctions.record(appid, limit, start)
        return Page(page.lines, cursors.write(page.following) if page.following else None)

    def standing_of(self, appid: str) -> OwnStanding:
        app, now = self._sanctions.read_app(appid), self._clock()
        points = [one for one in app.live_points(now) if one.points]
        shown = [one for one in app.sanctions if one.is_shown(now)]
        return OwnStanding(points, sorted(shown, key=lambda one: one.id, reverse=True))


def _case(cursors: Cursors, cursor: str | None) -> CaseId | None:
    return CaseId.read(cursors.read(cursor, CASE)[0]) if cursor else None


def _page[Entry](
    found: list[Entry], limit: int, cursors: Cursors, position: Callable[[Entry], str]
) -> Page[Entry]:
    """`found` has one more than the limit where there is a next page."""
    page = found[:limit]
    return Page(page, cursors.write(position(page[-1])) if len(found) > limit else None)
