"""Templates from WeChat to the check of a message, through the functions."""

from typing import Any

import pytest
from support.deployment import Deployment

pytestmark = pytest.mark.emulator

MESSAGE = {"type": "subscribe", "template_id": "CLASS"}
GOOD = {"thing1": {"value": "瑜伽"}, "time2": {"value": "19:30"}, "enum_string3": {"value": "上午"}}
LACKING = {"thing1": {"value": "瑜伽"}, "time2": {"value": "19:30"}}
SYNC = "/wxaapi/newtmpl/gettemplate"


@pytest.fixture
def subscriber(deployment: Deployment) -> str:
    wechat = deployment.simulator.control
    content = "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}\n半天:{{enum_string3.DATA}}"
    wechat.register_template("CLASS", content, title="上课提醒", enums={"enum_string3": ["上午", "下午"]})
    openid = wechat.add_user().openid
    wechat.accept(openid, "CLASS")
    accept = {"id": "1", "template_id": "CLASS", "result": "accept"}
    deployment.call("add-permits", {"subscriptions": [accept]}, token="mp_admin", openid=openid)
    return openid


def test_what_wechat_lists_is_listed(deployment: Deployment, subscriber: str) -> None:
    assert deployment.call("list-templates", token="mp_read").json["synced_at"] is None
    told = deployment.call("sync-templates", token="mp_admin")
    assert told.status == 200
    [template] = told.json["items"]
    assert (template["template_id"], template["type"]) == ("CLASS", "once")
    assert template["keys"] == ["thing1", "time2", "enum_string3"]
    assert template["enums"] == {"enum_string3": ["上午", "下午"]}
    assert deployment.call("list-templates", token="mp_read").json == told.json


def test_a_token_that_was_taken_back_does_not_stop_a_sync(deployment: Deployment, subscriber: str) -> None:
    deployment.call("sync-templates", token="mp_admin")
    deployment.simulator.control.revoke_tokens()
    assert deployment.call("sync-templates", token="mp_admin").status == 200


def test_a_sync_over_the_days_limit_is_503_and_keeps_what_was_known(
    deployment: Deployment, subscriber: str
) -> None:
    told = deployment.call("sync-templates", token="mp_admin").json
    deployment.simulator.control.fault("errcode", path=SYNC, errcode=45009)
    assert deployment.call("sync-templates", token="mp_admin").status == 503
    assert deployment.call("list-templates", token="mp_read").json == told


def test_a_message_that_lacks_a_field_never_reaches_wechat(deployment: Deployment, subscriber: str) -> None:
    deployment.call("sync-templates", token="mp_admin")
    body = MESSAGE | {"touser": subscriber}
    refused = deployment.call("send-messages", body | {"data": LACKING}, token="mp_send")
    assert (refused.status, refused.pointers) == (422, ["/data/enum_string3"])
    assert "/cgi-bin/message/subscribe/send" not in deployment.simulator.control.summary()["requests"]
    sent = deployment.call("send-messages", body | {"data": GOOD}, token="mp_send")
    [result] = sent.json["results"]
    assert (result["openid"], result["status"], result["permit_kind"]) == (subscriber, "sent", "once")


def test_what_was_not_synced_wechat_still_refuses_and_the_permit_is_kept(
    deployment: Deployment, subscriber: str
) -> None:
    body = MESSAGE | {"touser": subscriber}
    failed = deployment.call("send-messages", body | {"data": LACKING}, token="mp_send")
    [result] = failed.json["results"]
    assert (result["status"], result["reason"], result["errcode"]) == ("failed", "invalid_data", 47003)
    sent = deployment.call("send-messages", body | {"data": GOOD}, token="mp_send")
    assert sent.json["results"][0]["status"] == "sent"


def test_a_campaign_that_lacks_a_field_is_not_made(deployment: Deployment, subscriber: str) -> None:
    deployment.call("sync-templates", token="mp_admin")
    campaign = {"name": "n", "audience": {"type": "all"}, "message": MESSAGE | {"data": LACKING}}
    refused = deployment.call("create-campaign", campaign, token="mp_send")
    assert (refused.status, refused.pointers) == (422, ["/message/data/enum_string3"])
    with pytest.raises(ValueError, match="data/enum_string3: enum_string3 is missing"):
        deployment.fire({"occurrence": "rule/1", "campaign": campaign})
    assert deployment.call("list-campaigns", token="mp_read").json["items"] == []


def test_invented_templates_are_rejected_once_synced_and_hide_none_before(deployment: Deployment) -> None:
    wechat = deployment.simulator.control
    wechat.register_template("REAL", "{{thing1.DATA}}")
    _, token = deployment.log_in()

    def offer(*template_ids: str) -> Any:
        entries = [{"id": id_, "template_id": id_, "result": "accept"} for id_ in template_ids]
        return deployment.call("collect-permits", {"subscriptions": entries}, token=token).json

    assert offer("A1", "REAL")["stored"] == 2
    deployment.call("sync-templates", token="mp_admin")
    deployment.sweep()
    pool = deployment.call("read-pool", token="mp_read").json["templates"]
    assert [(one["template_id"], one["is_known"]) for one in pool[1:]] == [("REAL", True), ("A1", False)]
    rejected = {"stored": 0, "rejected": [{"pointer": "/subscriptions/0", "reason": "unknown_template"}]}
    assert offer("A2") == rejected


def test_the_sync_is_repeated_once_there_was_one(deployment: Deployment) -> None:
    assert deployment.fire({"only": "templates"}) == {"templates": None}
    deployment.call("sync-templates", token="mp_admin")
    deployment.simulator.control.register_template("ADDED", "{{thing1.DATA}}")
    count = deployment.fire({"only": "templates"})["templates"]
    listed = deployment.call("list-templates", token="mp_read").json["items"]
    assert "ADDED" in {item["template_id"] for item in listed}
    assert count == len(listed)


def test_a_repeated_sync_that_fails_keeps_what_was_known_and_is_no_failed_campaign(
    deployment: Deployment,
) -> None:
    told = deployment.call("sync-templates", token="mp_admin").json
    deployment.simulator.control.fault("errcode", path=SYNC, errcode=45009)
    assert deployment.fire({"only": "templates"}) == {"templates": None}
    assert deployment.call("list-templates", token="mp_read").json == told
