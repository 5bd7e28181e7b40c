"""GET /campaigns/{campaign_id}/timeline."""

from dataclasses import replace
from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.domain.campaign_minutes import Closed, Minute
from minipush.domain.timestamps import MINUTE_MS, iso

ROUTE = "GET /campaigns/{campaign_id}/timeline"


@pytest.fixture
def sent(app: HttpApp) -> str:
    """A campaign whose messages went out in three minutes; the first one is over."""
    campaign = app.ask(
        "POST /campaigns",
        {
            "name": "Evening",
            "message": {"type": "template", "template_id": "T1", "data": {"keyword1": {"value": "a"}}},
            "audience": {"type": "all"},
        },
    ).json
    store, first = app.campaigns, app.now // MINUTE_MS
    segment = store.take(campaign["id"], 0, "ann", app.now, app.now + 1)
    open_now = (Minute(first + 16, sent=3), Minute(first + 17, failed=1, unknown=2))
    store.save(replace(segment, minutes=open_now), Closed(app.now, (Minute(first, sent=5, skipped=7),)))
    return str(campaign["id"])


def timeline(app: HttpApp, id_: str, **query: Any) -> dict[str, Any]:
    answer = app.ask(
        ROUTE, campaign_id=id_, query={name: str(value) for name, value in query.items()}, token="mp_reader"
    )
    assert answer.status == 200, answer.json
    return dict(answer.json)


def item(app: HttpApp, minute: int, **counts: int) -> dict[str, Any]:
    at = iso((app.now // MINUTE_MS + minute) * MINUTE_MS)
    return {"at": at, "sent": 0, "failed": 0, "skipped": 0, "unknown": 0} | counts


def test_a_timeline_has_the_minutes_with_results(app: HttpApp, sent: str) -> None:
    assert timeline(app, sent) == {
        "items": [
            item(app, 0, sent=5, skipped=7),
            item(app, 16, sent=3),
            item(app, 17, failed=1, unknown=2),
        ],
        "next_cursor": None,
    }


def test_a_timeline_comes_in_pages(app: HttpApp, sent: str) -> None:
    first = timeline(app, sent, limit=2)
    rest = timeline(app, sent, limit=2, cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == timeline(app, sent)["items"]
    assert rest["next_cursor"] is None


def test_a_longer_step_sums_up(app: HttpApp, sent: str) -> None:
    sums = timeline(app, sent, step=86400)["items"]
    assert sum(each["sent"] for each in sums) == 8
    assert len(sums) <= 2


@pytest.mark.parametrize(
    "query", [{"step": 30}, {"step": 90}, {"step": 86460}, {"limit": 0}, {"cursor": "x"}]
)
def test_a_query_that_makes_no_sense_is_422(app: HttpApp, sent: str, query: dict[str, Any]) -> None:
    answer = app.ask(ROUTE, campaign_id=sent, query={name: str(value) for name, value in query.items()})
    assert answer.status == 422
    assert answer.is_a_problem()
