"""What an operator key's limits allow, as its holder sees them."""

import time
from typing import Any

import pytest
from support.http_app import NOW, Answer, HttpApp, hashed

from minipush.domain.timestamps import iso

KEY = "mp_limited"
MESSAGE = {"type": "template", "template_id": "T1", "touser": "anna"}
CAMPAIGN: dict[str, Any] = {
    "name": "evening",
    "message": {"type": "template", "template_id": "T1"},
    "audience": {"type": "openids", "openids": ["anna", "ben"]},
}
OTHER = {"message": {"type": "template", "template_id": "T2"}}
THREE = {"audience": {"type": "openids", "openids": ["anna", "ben", "cleo"]}}
HOUR = 60 * 60 * 1000


def limit(app: HttpApp, **limits: Any) -> None:
    entry = {"name": "limited", "scopes": ["send"], "hash": hashed(KEY)}
    app.secret["operator_keys"] += [entry | limits]


def ask(app: HttpApp, route: str, body: Any = None, **fields: Any) -> Answer:
    return app.ask(route, body, token=KEY, **fields)


def refused(answer: Answer, pointer: str) -> bool:
    document = answer.json
    return (
        answer.status == 403
        and answer.is_a_problem()
        and document["type"].endswith("#operator-limit")
        and answer.pointers == [pointer]
    )


# ---- expiry


def test_a_key_is_good_until_it_expires_and_then_401(app: HttpApp) -> None:
    limit(app, expires_at=iso(NOW + HOUR))
    assert ask(app, "POST /messages", MESSAGE).status == 200
    app.now = NOW + HOUR
    answer = ask(app, "POST /messages", MESSAGE)
    assert (answer.status, answer.is_a_problem()) == (401, True)
    assert "expired" in answer.json["detail"]


# ---- templates


def test_a_key_sends_only_its_templates(app: HttpApp) -> None:
    limit(app, templates=["T1"])
    assert ask(app, "POST /messages", MESSAGE).status == 200
    assert refused(ask(app, "POST /messages", MESSAGE | {"template_id": "T2"}), "/template_id")
    assert ask(app, "POST /campaigns", CAMPAIGN).status == 201
    assert refused(ask(app, "POST /campaigns", CAMPAIGN | OTHER), "/message/template_id")


# ---- audience


def test_a_key_sends_to_as_many_users_as_it_may(app: HttpApp) -> None:
    limit(app, max_audience=2)
    assert ask(app, "POST /messages", MESSAGE | {"touser": ["anna", "ben", "ben"]}).status == 200
    assert refused(ask(app, "POST /messages", MESSAGE | {"touser": ["anna", "ben", "cleo"]}), "/touser")
    assert ask(app, "POST /campaigns", CAMPAIGN).status == 201
    assert refused(ask(app, "POST /campaigns", CAMPAIGN | THREE), "/audience")


def test_a_broad_audience_is_counted_before_the_campaign_is_created(app: HttpApp) -> None:
    limit(app, max_audience=2)
    for openid in ("anna", "ben", "cleo"):
        permits = {"form_ids": [{"form_id": f"form-{openid}"}]}
        assert app.ask("POST /users/{openid}/permits", permits, openid=openid).status == 200
    everybody = CAMPAIGN | {"audience": {"type": "all"}}
    assert refused(ask(app, "POST /campaigns", everybody), "/audience")
    assert app.campaigns.campaigns == {}
    assert app.ask("PATCH /users/{openid}", {"tags": ["vip"]}, openid="anna").status == 200
    tagged = CAMPAIGN | {"audience": {"type": "tag", "tag": "vip"}}
    assert ask(app, "POST /campaigns", tagged).status == 201


def test_a_dry_run_may_look_at_a_larger_audience(app: HttpApp) -> None:
    limit(app, max_audience=2)
    answer = ask(app, "POST /campaigns", CAMPAIGN | THREE | {"dry_run": True})
    assert (answer.status, answer.json["left_out"]) == (200, {"no_permit": 3})


def test_a_refusal_leaves_the_idempotency_key_free(app: HttpApp) -> None:
    limit(app, max_audience=2)
    headers = {"idempotency-key": "evening"}
    assert ask(app, "POST /campaigns", CAMPAIGN | THREE, headers=headers).status == 403
    assert ask(app, "POST /campaigns", CAMPAIGN, headers=headers).status == 201


# ---- rate


def test_a_keys_campaigns_get_its_rate_and_no_higher_one(app: HttpApp) -> None:
    limit(app, max_per_second=5)
    assert ask(app, "POST /campaigns", CAMPAIGN).json["max_per_second"] == 5
    assert ask(app, "POST /campaigns", CAMPAIGN | {"max_per_second": 3}).json["max_per_second"] == 3
    assert refused(ask(app, "POST /campaigns", CAMPAIGN | {"max_per_second": 6}), "/max_per_second")


def test_a_keys_direct_sends_keep_its_rate(app: HttpApp) -> None:
    limit(app, max_per_second=20)
    for openid in ("anna", "ben"):
        permits = {"form_ids": [{"form_id": f"form-{openid}-{n}"} for n in range(15)]}
        assert app.ask("POST /users/{openid}/permits", permits, openid=openid).status == 200
    began = time.monotonic()
    sent = [ask(app, "POST /messages", MESSAGE | {"touser": ["anna", "ben"]}) for _ in range(15)]
    assert {result["status"] for answer in sent for result in answer.json["results"]} == {"sent"}
    assert time.monotonic() - began > 29 / 20 - 0.3


# ---- steps


@pytest.mark.parametrize(
    "limits", [{"templates": ["T2"]}, {"max_audience": 100}, {"max_per_second": 100}], ids=str
)
def test_a_key_resumes_no_campaign_beyond_its_limits_but_pauses_and_cancels_any(
    app: HttpApp, limits: dict[str, Any]
) -> None:
    limit(app, **limits)
    made = app.ask("POST /campaigns", CAMPAIGN).json["id"]
    assert ask(app, "POST /campaigns/{campaign_id}/pause", campaign_id=made).status == 200
    answer = ask(app, "POST /campaigns/{campaign_id}/resume", campaign_id=made)
    assert (answer.status, answer.is_a_problem()) == (403, True)
    assert app.ask("GET /campaigns/{campaign_id}", campaign_id=made).json["status"] == "paused"
    assert ask(app, "POST /campaigns/{campaign_id}/cancel", campaign_id=made).status == 200


def test_a_key_resumes_a_campaign_within_its_limits(app: HttpApp) -> None:
    limit(app, templates=["T1"], max_audience=100, max_per_second=100)
    made = ask(app, "POST /campaigns", CAMPAIGN).json["id"]
    for step in ("pause", "resume"):
        answer = ask(app, f"POST /campaigns/{{campaign_id}}/{step}", campaign_id=made)
        assert answer.status == 200


def test_resuming_an_unknown_campaign_is_404_for_a_limited_key_too(app: HttpApp) -> None:
    limit(app, max_audience=1)
    assert ask(app, "POST /campaigns/{campaign_id}/resume", campaign_id="c-none").status == 404


# ---- the secret


@pytest.mark.parametrize(
    "odd",
    [
        {"hash": None},
        {"name": 7},
        {"scopes": "send"},
        {"expires_at": "soon"},
        {"expires_at": "2100-01-01T00:00:00"},
        {"max_audience": 0},
        {"max_audience": "100"},
        {"max_per_second": True},
        {"templates": "T1"},
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_read_opens_nothing_and_harms_no_other(
    app: HttpApp, odd: dict[str, Any]
) -> None:
    limit(app, **odd)
    assert ask(app, "POST /messages", MESSAGE).status == 401
    assert app.ask("GET /pool").status == 200


@pytest.mark.parametrize("entry", [None, "x", {}, {"name": "odd", "scopes": ["send"]}], ids=str)
def test_an_entry_without_a_hash_harms_no_other(app: HttpApp, entry: Any) -> None:
    app.secret["operator_keys"].insert(0, entry)
    assert app.ask("GET /pool").status == 200
