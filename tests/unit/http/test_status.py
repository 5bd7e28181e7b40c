"""GET /status: what a doctor looks at."""

import threading
from typing import Any

import pytest
from support.http_app import FakeTokens, HttpApp

from minipush import __version__
from minipush.adapters.wechat.token_status import token_status
from minipush.application.read_status import FAILED, HANGS, UNEXPECTED, ReadStatus
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Reason
from minipush.domain.sending import Sending
from minipush.domain.service_status import FinishedSweep, ServiceStatus, TokenError, TokenStatus
from minipush.domain.templates import SyncedTemplates
from minipush.domain.timestamps import iso
from minipush.errors import StoreError
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import TokenRefusedError, WeChatError
from minipush.wechat.tokens import Token

PARTS = {
    "version",
    "sweep",
    "token",
    "callback_at",
    "templates_synced_at",
    "dead_letters",
    "paused_campaigns",
    "sending",
    "unavailable",
}


def with_tokens(app: HttpApp, said: Token | Exception) -> HttpApp:
    app.tokens.said = said
    return app


@pytest.fixture
def sound(app: HttpApp) -> HttpApp:
    return with_tokens(app, Token("t", expires_at=app.now / 1000 + 7100))


def status(app: HttpApp) -> Any:
    answer = app.ask("GET /status", token="mp_reader")
    assert answer.status == 200, answer.json
    return answer.json


def test_a_new_deployment_has_a_token_and_nothing_else_yet(sound: HttpApp) -> None:
    found = status(sound)
    assert set(found) == PARTS
    assert found == {
        "version": __version__,
        "sweep": None,
        "token": {"kind": "stable", "age_seconds": 100, "last_error": None},
        "callback_at": None,
        "templates_synced_at": None,
        "dead_letters": {"segments": 2, "unstarted_campaigns": 0},
        "paused_campaigns": [],
        "sending": {"enabled": True, "reason": None, "by": None, "at": None},
        "unavailable": {},
    }


def test_it_says_when_each_part_was_last_at_work(sound: HttpApp) -> None:
    now = sound.now
    sound.signs.sweep_finished(FinishedSweep(now - 5_000, now - 3_500, 7))
    sound.signs.push_received(now - 1)
    sound.templates.keep(SyncedTemplates(now - 2, ()))
    sound.switch.turn(Sending(False, "wrong template", "shop", now))
    found = status(sound)
    assert found["sweep"] == {"at": iso(now - 5_000), "took_seconds": 1.5, "cleared": 7}
    assert found["callback_at"] == iso(now - 1)
    assert found["templates_synced_at"] == iso(now - 2)
    assert (found["sending"]["enabled"], found["sending"]["reason"]) == (False, "wrong template")


def test_it_lists_the_campaigns_that_paused_by_themselves(sound: HttpApp) -> None:
    plan = Plan("evening", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
    for id_, reason, errcode in (("c-quota", Reason.QUOTA, 45009), ("c-hand", None, None)):
        paused = Campaign(id_, plan, 1, CampaignStatus.PAUSED, 1, sound.now, reason=reason, errcode=errcode)
        sound.campaigns.create(paused)
    assert status(sound)["paused_campaigns"] == [
        {"id": "c-quota", "name": "evening", "reason": "quota", "errcode": 45009, "since": iso(sound.now)}
    ]


def test_it_names_the_address_that_wechat_does_not_allow(app: HttpApp) -> None:
    errmsg = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"
    with_tokens(app, TokenRefusedError(code_of(40164), "r-1", errmsg))
    token = status(app)["token"]
    assert (token["kind"], token["age_seconds"]) == ("stable", None)
    error = token["last_error"]
    assert (error["errcode"], error["address"], error["rid"]) == (40164, "203.0.113.7", "r-1")


def test_another_error_names_no_address() -> None:
    tokens: Any = FakeTokens(WeChatError("no answer", errmsg="from 203.0.113.7"))
    error = TokenError(what="no answer", errmsg="from 203.0.113.7")
    assert token_status(tokens, "classic") == TokenStatus(kind="classic", error=error)


def test_a_part_that_cant_be_read_is_null_with_a_reason(
    sound: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("throttled")

    monkeypatch.setattr(type(sound.switch), "read", lambda _: fail())
    monkeypatch.setattr(type(sound.signs), "last_sweep", lambda _: 1 / 0)
    found = status(sound)
    assert (found["sending"], found["sweep"]) == (None, None)
    assert found["unavailable"] == {"sending": FAILED, "sweep": UNEXPECTED}
    assert found["token"]["age_seconds"] == 100


def test_a_part_that_hangs_is_not_waited_for() -> None:
    over = threading.Event()
    read = ReadStatus({"sweep": over.wait, "callback_at": lambda: 5}, patience_seconds=0.05)
    assert read() == ServiceStatus(callback_at=5, unavailable={"sweep": HANGS})
    over.set()
