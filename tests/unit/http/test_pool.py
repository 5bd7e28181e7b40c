"""The pool, as back ends and operators ask for it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from support.http_app import NOW, HttpApp

from minipush.application.permits.sweep_expired import SweepExpired
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.users import QuietHours, UserSettings

HOUR = 3_600_000
WHOLE = NOW - NOW % HOUR


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def form(id_: str, expires_at: int) -> Permit:
    return Permit(permit_kinds.FORM, id_, expires_at)


@pytest.fixture
def swept(app: HttpApp) -> HttpApp:
    """Measured twenty minutes after a whole hour, asked for ten minutes later."""
    app.now = WHOLE + 20 * 60_000
    quiet_at_three = QuietHours(clock(WHOLE + 3 * HOUR), clock(WHOLE + 4 * HOUR), "UTC")
    app.store.settings |= {"bo": UserSettings(quiet_hours=quiet_at_three), "di": UserSettings(opt_out=True)}
    app.store.add("anna", [form("f1", WHOLE + 90 * 60_000), form("f2", WHOLE + 2 * HOUR)])
    app.store.add("bo", [form("f3", WHOLE + 9 * HOUR), Permit(permit_kinds.ONCE, "s1", template_id="S1")])
    app.store.add("cy", [Permit(permit_kinds.LONG, "", template_id="S0")])
    app.store.add(
        "di",
        [
            Permit(permit_kinds.ONCE, "s1", template_id="S1"),
            Permit(permit_kinds.ONCE, "s2", template_id="S1"),
        ],
    )
    SweepExpired(app.store, lambda: app.now, 0)(lambda: True)
    app.now += 10 * 60_000
    return app


def clock(ms: int) -> time:
    return datetime.fromtimestamp(ms / 1000, UTC).time()


def reach(answer: Any) -> dict[str, tuple[int, ...]]:
    names = ("reachable_now", "reachable_then", "permits", "permits_gone")
    return {
        f"{one['type']} {one['template_id']}": tuple(one[name] for name in names)
        for one in answer["templates"]
    }


def test_the_pool_tells_each_templates_reach_at_the_planned_hour(swept: HttpApp) -> None:
    told = swept.ask("GET /pool", query={"at": iso(WHOLE + 3 * HOUR)}).json
    assert reach(told) == {
        "template None": (2, 0, 3, 2),
        "subscribe S0": (1, 1, 1, 0),
        "subscribe S1": (1, 0, 3, 0),
    }
    assert [one["template_id"] for one in told["templates"]] == [None, "S0", "S1"]
    assert told["at"] == iso(WHOLE + 3 * HOUR)
    assert (told["measured_at"], told["reachable_users"], told["permits"]) == (iso(WHOLE + 20 * 60_000), 3, 7)


def test_between_two_hours_it_is_the_next_one_which_is_told(swept: HttpApp) -> None:
    told = swept.ask("GET /pool", query={"at": iso(WHOLE + HOUR + 1)}).json
    assert told["at"] == iso(WHOLE + 2 * HOUR)
    assert reach(told)["template None"] == (2, 1, 3, 2)


def test_without_a_planned_hour_it_is_now(swept: HttpApp) -> None:
    told = swept.ask("GET /pool").json
    assert told["at"] == iso(WHOLE + HOUR)
    assert told == swept.ask("GET /pool", query={"at": iso(swept.now)}).json


def test_at_the_very_moment_of_the_measure_all_is_as_measured(swept: HttpApp) -> None:
    swept.now = WHOLE + 20 * 60_000
    told = swept.ask("GET /pool").json
    assert told["at"] == told["measured_at"]
    assert all(one["reachable_now"] == one["reachable_then"] for one in told["templates"])


def test_an_hour_may_have_any_offset(swept: HttpApp) -> None:
    at = datetime.fromtimestamp((WHOLE + 3 * HOUR) / 1000, UTC) + timedelta(hours=8)
    told = swept.ask("GET /pool", query={"at": at.isoformat().replace("+00:00", "+08:00")}).json
    assert told["at"] == iso(WHOLE + 3 * HOUR)


def test_before_the_first_sweep_nobody_is_reached(app: HttpApp) -> None:
    told = app.ask("GET /pool", query={"at": iso(NOW + HOUR)}).json
    assert (reach(told), told["measured_at"]) == ({"template None": (0, 0, 0, 0)}, None)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("", "not an instant"),
        ("tomorrow", "not an instant"),
        ("2026-11-27", "needs its offset"),
        ("2026-11-27T20:00:00", "needs its offset"),
        ("1795161600000", "not an instant"),
        ("2026-11-27T20:00:00 08:00", "%2B"),
        pytest.param(iso(NOW - 61_000), "in the past", id="past"),
        pytest.param(iso(NOW + 7 * 24 * HOUR + 1), "more than seven days ahead", id="far"),
        ("0001-01-01T00:00:00+23:59", "in the past"),
        ("9999-12-31T23:59:59-23:59", "more than seven days ahead"),
        ("x" * 65, "at most 64"),
    ],
)
def test_a_planned_hour_is_checked(app: HttpApp, at: str, said: str) -> None:
    answer = app.ask("GET /pool", query={"at": at})
    assert (answer.status, answer.pointers) == (422, ["/at"])
    assert said in answer.json["errors"][0]["detail"]


@pytest.mark.parametrize(
    "at", [iso(NOW - 59_000), iso(NOW), iso(NOW + 7 * 24 * HOUR)], ids=["late", "now", "a week"]
)
def test_the_limits_themselves_are_good(app: HttpApp, at: str) -> None:
    assert app.ask("GET /pool", query={"at": at}).status == 200


@pytest.mark.parametrize("name", ["At", "when", ""])
def test_the_pool_takes_no_query_that_it_does_not_know(app: HttpApp, name: str) -> None:
    answer = app.ask("GET /pool", query={name: iso(NOW)})
    assert answer.status == 422
    assert answer.json["detail"].startswith("The query takes at, not ")


def test_known_templates_are_listed_before_what_users_invented(app: HttpApp) -> None:
    app.store.add("anna", [Permit(permit_kinds.ONCE, "s", template_id=id_) for id_ in ("A", "S1", "B")])
    SweepExpired(app.store, lambda: app.now, 0, lambda: ["S1", "S0"])(lambda: True)
    told = app.ask("GET /pool").json
    assert [(one["template_id"], one["is_known"]) for one in told["templates"]] == [
        (None, True),
        ("S1", True),
        ("A", False),
        ("B", False),
    ]
    assert told["unlisted_permits"] == 0
