"""GET /stats, and what adds to the statistics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.http_app import HttpApp

from minipush import __version__
from minipush.domain.statistics import Activity, PoolSize
from minipush.domain.timestamps import DAY_MS, HOUR_MS, iso
from minipush.errors import StoreError

MESSAGE = {"type": "template", "template_id": "T1", "touser": ["anna", "ben"], "keywords": ["a"]}
NOTHING = {
    "collected": 0,
    "spent": 0,
    "expired": 0,
    "sent": 0,
    "failed": 0,
    "skipped": 0,
    "unknown": 0,
    "by_reason": {},
    "reachable_users": None,
    "permits": None,
}


def stats(app: HttpApp, **query: str) -> list[dict[str, Any]]:
    answer = app.ask("GET /stats", query=query)
    assert answer.status == 200, answer.json
    return list(answer.json["items"])


def test_by_default_it_has_the_last_thirty_days_with_today(app: HttpApp) -> None:
    items = stats(app)
    today = app.now - app.now % DAY_MS
    assert [item["at"] for item in items] == [iso(today - n * DAY_MS) for n in range(29, -1, -1)]
    assert items[0] == {"at": items[0]["at"], **NOTHING}


def test_by_the_hour_it_has_the_last_24_hours_with_the_present_one(app: HttpApp) -> None:
    hour = app.now - app.now % HOUR_MS
    assert [item["at"] for item in stats(app, step="hour")] == [
        iso(hour - n * HOUR_MS) for n in range(23, -1, -1)
    ]


def test_it_adds_up_what_was_done(app: HttpApp) -> None:
    app.statistics.add(Activity(sent=3, failed=1, by_reason={"refused": 1}), app.now)
    app.statistics.add(Activity(sent=2, expired=4), app.now)
    app.statistics.set_pool(PoolSize(5, 6), app.now)
    expected = {"sent": 5, "failed": 1, "expired": 4, "by_reason": {"refused": 1}}
    pool = {"reachable_users": 5, "permits": 6}
    for step in ("hour", "day"):
        last = stats(app, step=step)[-1]
        assert last == NOTHING | expected | pool | {"at": last["at"]}


def test_a_range_takes_dates_and_instants(app: HttpApp) -> None:
    today = datetime.fromtimestamp(app.now / 1000, UTC).date()
    first = today - timedelta(days=3)
    items = stats(app, **{"from": first.isoformat(), "to": f"{today.isoformat()}T08:00+08:00"})
    assert [item["at"][:10] for item in items] == [(first + timedelta(days=n)).isoformat() for n in range(3)]


def test_nothing_comes_from_the_future(app: HttpApp) -> None:
    assert len(stats(app, **{"from": iso(app.now), "to": iso(app.now + 9 * DAY_MS)})) == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "yesterday"}, "/from"),
        ({"to": "2026-11-31"}, "/to"),
        ({"from": "2026-11-20T08:00"}, "/from"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, "/from"),
        ({"from": "2020-01-01"}, "/from"),
        ({"step": "week"}, "/step"),
    ],
)
def test_a_wrong_parameter_is_named(app: HttpApp, query: dict[str, str], pointer: str) -> None:
    answer = app.ask("GET /stats", query=query)
    assert answer.is_a_problem()
    assert (answer.status, answer.pointers) == (422, [pointer])


@pytest.mark.parametrize(("step", "days"), [("hour", 31), ("day", 400)])
def test_a_range_has_a_limit(app: HttpApp, step: str, days: int) -> None:
    first = app.now - app.now % DAY_MS - 399 * DAY_MS
    within, beyond = (
        app.ask("GET /stats", query={"step": step, "from": iso(first), "to": iso(first + n * DAY_MS)})
        for n in (days, days + 1)
    )
    assert (within.status, beyond.status) == (200, 422)
    assert str(days) in beyond.json["errors"][0]["detail"]


def test_a_direct_send_adds_once_what_it_did(app: HttpApp) -> None:
    app.ask("POST /users/{openid}/permits", {"form_ids": [{"form_id": "f-1"}]}, openid="anna")
    for _ in range(2):
        app.ask("POST /messages", MESSAGE, headers={"idempotency-key": "order-1"})
    expected = Activity(collected=1, spent=1, sent=1, skipped=1, by_reason={"no_permit": 1})
    assert app.statistics.total() == expected


def test_what_a_phone_reports_is_counted_as_permits_once(app: HttpApp) -> None:
    body = {"form_ids": [{"form_id": "f-1"}, {"form_id": "undefined"}], "prepay_ids": [{"prepay_id": "p-1"}]}
    for _ in range(2):
        assert app.ask("POST /collect", body, token=app.user).status == 200
    assert app.statistics.total() == Activity(collected=4)


def test_a_message_is_sent_although_the_statistics_fail(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("throttled")

    monkeypatch.setattr(type(app.statistics), "add", fail)
    assert app.ask("POST /messages", MESSAGE).status == 200


def test_the_health_check_names_the_version(app: HttpApp) -> None:
    answer = app.ask("GET /health", token=None)
    assert (answer.status, answer.json) == (200, {"status": "ok", "version": __version__})
