"""A campaign from the request that makes it to the report of who got what."""

from typing import Any

import pytest
from support.deployment import Deployment

pytestmark = pytest.mark.emulator

CAMPAIGN = {
    "name": "evening",
    "message": {"type": "template", "template_id": "T1", "keywords": ["Your free delivery"]},
    "audience": {"type": "all"},
}


def crowd(deployment: Deployment, count: int) -> list[str]:
    wechat = deployment.simulator.control
    openids = [user.openid for user in wechat.add_users(count)]
    for openid, form_ids in wechat.tap_all(openids).items():
        permits = {"form_ids": [{"form_id": form_id} for form_id in form_ids]}
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    return sorted(openids)


def test_a_campaign_reaches_each_once_and_says_whom(deployment: Deployment) -> None:
    openids = crowd(deployment, 12)
    id_ = deployment.call("create-campaign", CAMPAIGN, token="mp_send").json["id"]
    deployment.carry_all()
    campaign = deployment.call("read-campaign", token="mp_read", campaign_id=id_).json
    assert (campaign["status"], campaign["counts"]["sent"]) == ("completed", 12)
    recipients = deployment.call("list-recipients", token="mp_read", campaign_id=id_).json["items"]
    assert sorted(entry["openid"] for entry in recipients) == openids
    assert sorted(m["openid"] for m in deployment.simulator.control.messages()) == openids
    user = deployment.call("read-user", token="mp_read", openid=openids[0]).json
    assert [message["campaign_id"] for message in user["messages"]] == [id_]


def test_the_same_occurrence_makes_one_campaign(deployment: Deployment) -> None:
    crowd(deployment, 3)
    fired = [deployment.fire({"occurrence": "rule/2026-11-21", "campaign": CAMPAIGN}) for _ in range(2)]
    deployment.carry_all()
    assert fired[0]["campaign_id"] == fired[1]["campaign_id"]
    assert len(list(deployment.simulator.control.messages())) == 3


@pytest.mark.parametrize(
    "audience", [{"type": "all"}, {"type": "openids", "openids": [f"u{n}" for n in range(600)]}]
)
def test_another_campaign_under_the_same_occurrence_fails(
    deployment: Deployment, audience: dict[str, Any]
) -> None:
    fired = {"occurrence": "rule/2026-11-21", "campaign": CAMPAIGN | {"audience": audience}}
    assert deployment.fire(fired) == deployment.fire(fired)
    with pytest.raises(ValueError, match="unique to one firing"):
        deployment.fire(fired | {"campaign": CAMPAIGN | {"audience": audience, "name": "Another"}})


def test_what_is_fired_and_is_no_campaign_is_refused_by_name(deployment: Deployment) -> None:
    with pytest.raises(ValueError, match="/campaign/audience"):
        deployment.fire({"occurrence": "o", "campaign": CAMPAIGN | {"audience": {"type": "everybody"}}})


def test_a_planned_campaign_starts_when_its_time_has_come(deployment: Deployment) -> None:
    openids = crowd(deployment, 2)
    planned = CAMPAIGN | {"schedule": {"at": "2027-06-01T08:00:00Z"}}
    id_ = deployment.call("create-campaign", planned, token="mp_send").json["id"]
    assert deployment.carry_all() == 0
    assert deployment.fire({"campaign_id": id_}) == {"campaign_id": id_, "status": "running"}
    deployment.carry_all()
    assert sorted(m["openid"] for m in deployment.simulator.control.messages()) == openids


def test_one_that_was_cancelled_does_not_start(deployment: Deployment) -> None:
    crowd(deployment, 2)
    planned = CAMPAIGN | {"schedule": {"at": "2027-06-01T08:00:00Z"}}
    id_ = deployment.call("create-campaign", planned, token="mp_send").json["id"]
    deployment.call("cancel-campaign", token="mp_send", campaign_id=id_)
    assert deployment.fire({"campaign_id": id_})["status"] == "cancelled"
    assert deployment.carry_all() == 0


def test_a_quota_pauses_the_campaign_and_the_next_day_resumes_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    openids = crowd(deployment, 6)
    wechat = deployment.simulator.control
    wechat.fault("errcode", path="/cgi-bin/message/wxopen/template/send", errcode=45009, times=6)
    id_ = deployment.call("create-campaign", CAMPAIGN, token="mp_send").json["id"]
    deployment.carry_all()
    campaign = deployment.call("read-campaign", token="mp_read", campaign_id=id_).json
    assert (campaign["status"], campaign["reason"], campaign["errcode"]) == ("paused", "quota", 45009)
    wechat.clear_faults()
    deployment.sweep()
    assert deployment.carry_all() == 0
    deployment.a_day_later()
    deployment.sweep()
    deployment.carry_all()
    campaign = deployment.call("read-campaign", token="mp_read", campaign_id=id_).json
    assert (campaign["status"], campaign["counts"]["sent"]) == ("completed", 6)
    assert "reason" not in campaign
    assert sorted(m["openid"] for m in wechat.messages()) == openids
