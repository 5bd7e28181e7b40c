"""A message costs two writes in all: its permit's insert and its claim. TTL deletes for nothing."""

from typing import Any

import pytest
from support.deployment import Deployment
from support.written import CountWrites, counting_writes

pytestmark = pytest.mark.emulator

SEND = "/cgi-bin/message/wxopen/template/send"
USERS = 30


@pytest.fixture
def count_writes(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> CountWrites:
    return counting_writes(deployment, monkeypatch)


def users(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Openids, each with one permit to hand over."""
    wechat = deployment.simulator.control
    openids = [user.openid for user in wechat.add_users(USERS)]
    forms = wechat.tap_all(openids)
    return {openid: {"form_ids": [{"form_id": form_id} for form_id in forms[openid]]} for openid in openids}


def send(deployment: Deployment, openids: list[str]) -> list[str]:
    message = {"type": "template", "template_id": "T1", "touser": openids}
    answer = deployment.call("send-messages", message, token="mp_send", headers={"idempotency-key": "k"})
    return [result["status"] for result in answer.json["results"]]


def test_a_message_costs_two_writes(deployment: Deployment, count_writes: CountWrites) -> None:
    offered = users(deployment)
    writes = count_writes()
    for openid, permits in offered.items():
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    assert send(deployment, [*offered]) == ["sent"] * USERS
    assert writes.total() == 2 * USERS


def test_a_campaign_costs_no_more(deployment: Deployment, count_writes: CountWrites) -> None:
    offered = users(deployment)
    writes = count_writes()
    for openid, permits in offered.items():
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    message = {"type": "template", "template_id": "T1"}
    campaign = {"name": "evening", "message": message, "audience": {"type": "all"}}
    deployment.call("create-campaign", campaign, token="mp_send")
    assert deployment.carry_all() == 2
    assert writes.total() == 2 * USERS


def test_a_repeat_of_either_costs_none(deployment: Deployment, count_writes: CountWrites) -> None:
    offered = users(deployment)
    for openid, permits in offered.items():
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    send(deployment, [*offered])
    writes = count_writes()
    for openid, permits in offered.items():
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    assert send(deployment, [*offered]) == ["sent"] * USERS
    assert writes.total() == 0


def test_a_message_that_wechat_refuses_costs_one_more_and_keeps_its_permit(
    deployment: Deployment, count_writes: CountWrites
) -> None:
    offered = users(deployment)
    for openid, permits in offered.items():
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    writes = count_writes()
    deployment.simulator.control.fault("errcode", path=SEND, errcode=47003, times=USERS)
    assert send(deployment, [*offered]) == ["failed"] * USERS
    assert writes.total() == 2 * USERS


def test_an_upload_costs_a_write_for_each_permit_and_one_for_all(
    deployment: Deployment, count_writes: CountWrites
) -> None:
    _, token = deployment.log_in()
    writes = count_writes()
    offered = {"form_ids": [{"form_id": f"f{n}"} for n in range(9)]}
    assert deployment.call("collect-permits", offered, token=token).json["stored"] == 5
    assert writes.total() == 5 + 1
    for _ in range(3):
        assert deployment.call("collect-permits", offered, token=token).json["stored"] == 0
    assert writes.total() == 5 + 1
