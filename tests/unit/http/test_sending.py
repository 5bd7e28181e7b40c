"""The red switch, as an operator and a back end see it."""

from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.application.ports.channel import SendResult
from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.domain.sending import Sending
from minipush.domain.timestamps import iso

MESSAGE = {"type": "template", "template_id": "T1", "touser": ["anna", "ben"], "keywords": ["a"]}
CAMPAIGN = {
    "name": "evening",
    "message": {"type": "template", "template_id": "T1", "keywords": ["a"]},
    "audience": {"type": "openids", "openids": ["anna"]},
}
OFF = {"enabled": False, "reason": "wrong template"}


@pytest.fixture
def ready(app: HttpApp) -> HttpApp:
    for openid in ("anna", "ben"):
        app.ask("POST /users/{openid}/permits", {"form_ids": [{"form_id": f"f-{openid}"}]}, openid=openid)
    return app


def test_sending_is_on_at_first(app: HttpApp) -> None:
    answer = app.ask("GET /sending")
    assert answer.json == {"enabled": True, "reason": None, "by": None, "at": None}


def test_who_switched_when_and_why_is_shown(app: HttpApp) -> None:
    expected = {**OFF, "by": "backend", "at": iso(app.now)}
    assert app.ask("PUT /sending", OFF).json == expected
    assert app.ask("GET /sending").json == expected
    assert app.ask("PUT /sending", {"enabled": True}).json == expected | {"enabled": True, "reason": None}


def test_only_admins_switch(app: HttpApp) -> None:
    assert app.ask("GET /sending", token="mp_reader").status == 200
    refused = app.ask("PUT /sending", OFF, token="mp_reader")
    assert refused.status == 403
    assert app.switch.read() == Sending()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/enabled"),
        ({"enabled": "off"}, "/enabled"),
        ({"enabled": 0}, "/enabled"),
        ({"enabled": False, "reason": ""}, "/reason"),
        ({"enabled": False, "reason": "x" * 201}, "/reason"),
        ({"enabled": False, "until": "noon"}, "/until"),
    ],
)
def test_a_body_that_is_wrong_switches_nothing(app: HttpApp, body: Any, pointer: str) -> None:
    answer = app.ask("PUT /sending", body)
    assert (answer.status, answer.pointers) == (422, [pointer])
    assert app.switch.read() == Sending()


def test_a_direct_send_is_refused_and_its_key_is_free_again(ready: HttpApp) -> None:
    ready.ask("PUT /sending", OFF)
    key = {"idempotency-key": "order-1"}
    refused = ready.ask("POST /messages", MESSAGE, headers=key)
    assert refused.is_a_problem()
    assert (refused.status, refused.json["reason"]) == (503, "sending_off")
    assert refused.json["type"].endswith("#sending-off")
    assert "wrong template" in refused.json["detail"]
    ready.ask("PUT /sending", {"enabled": True})
    other = MESSAGE | {"touser": "anna"}
    sent = ready.ask("POST /messages", other, headers=key)
    assert [result["status"] for result in sent.json["results"]] == ["sent"]


def test_the_answer_of_an_earlier_request_is_given_while_sending_is_off(ready: HttpApp) -> None:
    key = {"idempotency-key": "order-1"}
    first = ready.ask("POST /messages", MESSAGE, headers=key)
    ready.ask("PUT /sending", OFF)
    repeat = ready.ask("POST /messages", MESSAGE, headers=key)
    assert (repeat.status, repeat.json) == (200, first.json)


def _switch_off_after(app: HttpApp, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process notices the switch after so many calls of a request, and after each claim that follows."""
    channel, watch = app.container.channel, app.container.sending_watch
    send, made = channel.send, []

    async def counted(
        openid: str, permit: Permit, message: Message, timeout: float, delivery_id: str
    ) -> SendResult:
        made.append(openid)
        watch.is_off = len(made) >= calls
        return await send(openid, permit, message, timeout, delivery_id)

    monkeypatch.setattr(channel, "send", counted)


def test_a_request_that_is_stopped_halfway_says_who_got_the_message(
    ready: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    _switch_off_after(ready, 1, monkeypatch)
    answer = ready.ask("POST /messages", MESSAGE)
    assert answer.status == 200
    # The users are read side by side: either may be the first.
    sent, stopped = sorted(answer.json["results"], key=lambda result: result["status"], reverse=True)
    assert (sent["status"], stopped["status"], stopped["reason"]) == ("sent", "failed", "sending_off")
    kept = ready.ask("GET /users/{openid}", openid=stopped["openid"]).json["permits"]["form"]
    assert kept == 1


def test_a_campaign_that_is_created_meanwhile_waits(app: HttpApp) -> None:
    app.ask("PUT /sending", OFF)
    made = app.ask("POST /campaigns", CAMPAIGN)
    assert (made.status, made.json["status"], made.json["reason"]) == (201, "paused", "sending_off")
    assert app.queue.messages == []
    app.ask("PUT /sending", {"enabled": True})
    read = app.ask("GET /campaigns/{campaign_id}", campaign_id=made.json["id"]).json
    assert (read["status"], read.get("reason")) == ("running", None)
    assert app.queue.messages


def test_a_dry_run_is_possible_meanwhile(app: HttpApp) -> None:
    app.ask("PUT /sending", OFF)
    assert app.ask("POST /campaigns", CAMPAIGN | {"dry_run": True}).status == 200


def test_the_audit_says_why(app: HttpApp) -> None:
    app.ask("PUT /sending", OFF)
    app.ask("PUT /sending", {"enabled": True})
    off, on = app.audit.acts
    assert off.about == {"enabled": "false", "reason": "wrong template", "fields": ["enabled", "reason"]}
    assert on.about == {"enabled": "true", "fields": ["enabled"]}
