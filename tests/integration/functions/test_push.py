"""What back ends and operators call, from the recorded request to WeChat and back."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.deployment import Deployment, dismantle, operator

from minipush.adapters.secrets import Secrets
from minipush.container import container

pytestmark = pytest.mark.emulator

SEND = "/cgi-bin/message/wxopen/template/send"


def message(touser: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "template", "template_id": "T1", "keywords": ["你好"], "touser": touser} | fields


def user(deployment: Deployment, *, forms: int = 0, payments: int = 0) -> str:
    """A user whom WeChat knows, with that many permits handed over."""
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered: dict[str, Any] = {
        "form_ids": [{"form_id": id_} for id_ in (wechat.tap(openid, forms) if forms else [])],
        "prepay_ids": [{"prepay_id": id_} for id_ in (wechat.pay(openid, payments) if payments else [])],
    }
    assert deployment.call("add-permits", offered, token="mp_admin", openid=openid).json["rejected"] == []
    return openid


def results(deployment: Deployment, body: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    answer = deployment.call("send-messages", body, token="mp_send", headers=headers)
    assert answer.status == 200, answer.raw
    return list(answer.json["results"])


def test_a_message_reaches_wechat_and_spends_a_permit(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    sent = {"openid": openid, "status": "sent", "permit_kind": "form"}
    assert results(deployment, message(openid, page="pages/order?id=7")) == [sent]
    [taken] = deployment.simulator.control.messages(openid)
    assert taken["page"] == "pages/order?id=7"
    assert taken["data"] == {"keyword1": {"value": "你好"}}
    assert results(deployment, message(openid)) == [
        {"openid": openid, "status": "skipped", "reason": "no_permit"}
    ]


def test_results_come_in_the_order_asked_and_each_user_is_reached_once(deployment: Deployment) -> None:
    first, second = user(deployment, forms=2), user(deployment, payments=1)
    asked = [second, "#", first, second, "", "nobody"]
    answered = results(deployment, message(asked))
    assert [result["openid"] for result in answered] == asked
    assert [result["status"] for result in answered] == [
        "sent",
        "failed",
        "sent",
        "sent",
        "failed",
        "skipped",
    ]
    assert deployment.simulator.control.summary()["taken"] == 2


def test_data_may_be_wechats_own(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    data = {"keyword1": {"value": "a"}, "keyword2": {"value": "b"}}
    body = message(openid, data=data)
    del body["keywords"]
    assert results(deployment, body)[0]["status"] == "sent"
    assert next(deployment.simulator.control.messages(openid))["data"] == data


def test_a_subscription_message_spends_that_templates_accepts(deployment: Deployment) -> None:
    openid = user(deployment)
    deployment.simulator.control.accept(openid, "T1")
    accept = {"id": "1", "template_id": "T1", "result": "accept"}
    deployment.call("add-permits", {"subscriptions": [accept]}, token="mp_admin", openid=openid)
    body = message(openid, type="subscribe", data={"thing1": {"value": "a"}})
    del body["keywords"]
    assert results(deployment, body | {"template_id": "T2"})[0]["reason"] == "no_permit"
    [result] = results(deployment, body)
    [taken] = deployment.simulator.control.messages(openid)
    spent = {"openid": openid, "status": "sent", "permit_kind": "once"}
    assert result == spent | {"msgid": str(taken["msgid"])}


def test_one_refusal_empties_the_users_count_of_that_template(deployment: Deployment) -> None:
    openid = user(deployment)
    accepts = [{"id": f"{n}", "template_id": f"T{n % 2 + 1}", "result": "accept"} for n in range(5)]
    deployment.call("add-permits", {"subscriptions": accepts}, token="mp_admin", openid=openid)
    body = message(openid, type="subscribe", data={"thing1": {"value": "a"}})
    del body["keywords"]
    refused = {
        "openid": openid,
        "status": "failed",
        "reason": "refused",
        "errcode": 43101,
        "permit_kind": "once",
    }
    [result] = results(deployment, body)
    rid = result.pop("rid")
    assert result.pop("errmsg") == f"user refuse to accept the msg rid: {rid}"
    assert result == refused
    read = deployment.call("read-user", token="mp_read", openid=openid).json
    assert (read["permits"]["once"], read["messages"]) == ({"T2": 2}, [])
    assert deployment.simulator.control.summary()["errcodes"] == {"43101": 1}


def test_who_opted_out_gets_essential_messages_only(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    changed = deployment.call("update-user", {"opt_out": True}, token="mp_admin", openid=openid)
    assert changed.json["opt_out"] is True
    assert results(deployment, message(openid)) == [
        {"openid": openid, "status": "skipped", "reason": "opted_out"}
    ]
    assert results(deployment, message(openid, essential=True))[0]["status"] == "sent"


def test_quiet_hours_hold_back_all_but_essential_messages(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    now = datetime.now(UTC)
    around = {"from": f"{now - timedelta(hours=1):%H:%M}", "to": f"{now + timedelta(hours=1):%H:%M}"}
    deployment.call("update-me", {"quiet_hours": around | {"timezone": "UTC"}}, token=token)
    form_ids = deployment.simulator.control.tap(openid)
    deployment.call("collect-permits", {"form_ids": [{"form_id": form_ids[0]}]}, token=token)
    assert results(deployment, message(openid)) == [
        {"openid": openid, "status": "skipped", "reason": "quiet_hours"}
    ]
    assert results(deployment, message(openid, essential=True))[0]["status"] == "sent"


def test_wechats_refusal_is_told_with_its_errcode(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    deployment.simulator.control.fault("errcode", errcode=40037, path=SEND)
    [result] = results(deployment, message(openid))
    rid = result.pop("rid")
    assert result.pop("errmsg") == f"invalid template_id rid: {rid}"
    assert result == {
        "openid": openid,
        "status": "failed",
        "reason": "invalid_template",
        "errcode": 40037,
        "permit_kind": "form",
    }
    assert deployment.call("read-user", token="mp_read", openid=openid).json["permits"]["form"] == 1


def test_the_same_idempotency_key_sends_once_and_answers_the_same(deployment: Deployment) -> None:
    openid = user(deployment, forms=2)
    key = uuid.uuid4().hex
    first = results(deployment, message([openid]), **{"idempotency-key": key})
    assert results(deployment, message([openid]), **{"Idempotency-Key": key}) == first
    assert deployment.simulator.control.summary()["taken"] == 1


def test_an_idempotency_key_with_another_body_is_422(deployment: Deployment) -> None:
    openid = user(deployment, forms=2)
    headers = {"idempotency-key": uuid.uuid4().hex}
    results(deployment, message(openid), **headers)
    answer = deployment.call("send-messages", message(openid, page="other"), token="mp_send", headers=headers)
    assert answer.status == 422
    assert answer.is_a_problem()


def test_idempotency_keys_that_differ_after_a_comma_are_two(deployment: Deployment) -> None:
    openid = user(deployment, forms=2)
    for key in ("order, 1", "order, 2"):
        assert results(deployment, message(openid), **{"idempotency-key": key})[0]["status"] == "sent"
    assert deployment.simulator.control.summary()["taken"] == 2


def test_two_operators_may_use_the_same_idempotency_key(deployment: Deployment) -> None:
    deployment.set_operator_keys(operator("send"), operator("admin", "send"))
    openid = user(deployment, forms=2)
    for token in ("mp_send", "mp_admin"):
        answer = deployment.call(
            "send-messages", message(openid), token=token, headers={"idempotency-key": "1"}
        )
        assert answer.json["results"][0]["status"] == "sent"
    assert deployment.simulator.control.summary()["taken"] == 2


def test_direct_sends_keep_to_the_accounts_rate(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_SENDS_PER_SECOND", "20")
    dismantle()
    openids = [user(deployment, forms=1) for _ in range(30)]
    for few in (openids[:10], openids[10:]):
        answer = deployment.call("send-messages", message(few), token="mp_send")
        assert {result["status"] for result in answer.json["results"]} == {"sent"}
    times = sorted(sent["at"] for sent in deployment.simulator.control.messages())
    assert times[-1] - times[0] >= (30 - 1) / 20 * 0.9


def test_a_user_is_told_with_permits_by_kind(deployment: Deployment) -> None:
    openid = user(deployment, forms=1, payments=1)
    answer = deployment.call("read-user", token="mp_read", openid=openid)
    assert answer.status == 200
    assert answer.json.pop("next_expiry") is not None
    assert answer.json["permits"] == {"form": 1, "pay": 3, "once": {}, "long": []}


def test_a_user_never_seen_has_nothing(deployment: Deployment) -> None:
    assert deployment.call("read-user", token="mp_read", openid="nobody").json == {
        "openid": "nobody",
        "permits": {"form": 0, "pay": 0, "once": {}, "long": []},
        "accept_ids": {},
        "messages": [],
        "next_expiry": None,
        "opt_out": False,
        "quiet_hours": None,
        "last_seen": None,
        "tags": [],
    }


def test_tags_are_replaced_as_a_whole_and_removed(deployment: Deployment) -> None:
    openid = user(deployment)
    for tags in (["vip", "貴賓"], ["new"], []):
        answer = deployment.call("update-user", {"tags": tags}, token="mp_admin", openid=openid)
        assert answer.json["tags"] == sorted(tags)
    assert deployment.call("read-user", token="mp_read", openid=openid).json["tags"] == []


def test_operators_set_and_remove_quiet_hours_and_list_all_users(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}
    for hours in (quiet, None):
        answer = deployment.call("update-user", {"quiet_hours": hours}, token="mp_admin", openid=openid)
        assert answer.json["quiet_hours"] == hours
    assert deployment.call("list-users", token="mp_read", query={}).json["items"] == [{"openid": openid}]


def test_a_users_timeline_and_fields_come_from_the_users_partition(deployment: Deployment) -> None:
    openid, session = deployment.log_in()
    forms = [{"form_id": id_} for id_ in deployment.simulator.control.tap(openid, 2)]
    deployment.call("collect-permits", {"form_ids": forms}, token=session)
    assert results(deployment, message(openid))[0]["status"] == "sent"
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}
    deployment.call("put-me", {"quiet_hours": quiet}, token=session)
    found = deployment.call("read-user-timeline", token="mp_read", openid=openid).json
    assert [(item["event"], item.get("reason"), item.get("permits")) for item in found["items"]] == [
        ("settings_changed", "quiet_hours_set", None),
        ("sent", None, None),
        ("permit_added", None, 2),
    ]
    read = deployment.call("read-user", token="mp_read", openid=openid).json
    assert (read["quiet_hours"], len(read["messages"])) == (quiet, 1)
    assert abs(datetime.fromisoformat(read["last_seen"]).timestamp() - time.time()) < 60


def test_tags_are_counted_by_the_sweep(deployment: Deployment) -> None:
    openid = user(deployment, forms=1)
    deployment.call("update-user", {"tags": [" vip "]}, token="mp_admin", openid=openid)
    assert deployment.call("list-tags", token="mp_read").json["items"] == []
    deployment.sweep()
    assert deployment.call("list-tags", token="mp_read").json["items"] == [{"tag": "vip", "users": 1}]


def test_the_pool_is_empty_until_the_first_sweep_and_then_measured(deployment: Deployment) -> None:
    user(deployment, forms=2)
    before = deployment.call("read-pool", token="mp_read").json
    assert (before["permits"], before["reachable_users"], before["measured_at"]) == (0, 0, None)
    assert deployment.sweep()["finished"] is True
    after = deployment.call("read-pool", token="mp_read").json
    assert (after["permits"], after["reachable_users"]) == (2, 1)
    assert after["measured_at"].endswith("Z")
    assert sum(day["permits"] for day in after["expiring"]) == 2


def test_the_pool_forecasts_the_reach_of_each_template(deployment: Deployment) -> None:
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    openid = user(deployment, forms=2)
    accept = {"id": "a1", "template_id": "S1", "result": "accept"}
    deployment.call("add-permits", {"subscriptions": [accept]}, token="mp_admin", openid=openid)
    deployment.sweep()
    told = deployment.call("read-pool", token="mp_read", query={"at": at.isoformat()}).json
    assert datetime.fromisoformat(told["at"]) == at
    assert told["templates"] == [
        {
            "type": "template",
            "template_id": None,
            "is_known": True,
            "reachable_now": 1,
            "reachable_then": 1,
            "permits": 2,
            "permits_gone": 0,
        },
        {
            "type": "subscribe",
            "template_id": "S1",
            "is_known": False,
            "reachable_now": 1,
            "reachable_then": 1,
            "permits": 1,
            "permits_gone": 0,
        },
    ]


def test_a_key_that_was_added_is_known_and_one_removed_refused_once_the_secret_is_older_than_its_age(
    deployment: Deployment,
) -> None:
    container().override(secrets=Secrets(deployment.secrets, max_age=1))
    assert deployment.call("read-pool", token="mp_read").status == 200
    deployment.set_operator_keys({"name": "new", "scopes": ["read"], "hash": operator("new")["hash"]})
    deadline = time.monotonic() + 10
    while deployment.call("read-pool", token="mp_new").status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert deployment.call("read-pool", token="mp_new").status == 200
    assert deployment.call("read-pool", token="mp_read").status == 401


def test_the_secret_is_not_asked_for_at_every_request(deployment: Deployment) -> None:
    assert deployment.call("read-pool", token="mp_read").status == 200
    deployment.set_operator_keys()
    assert deployment.call("read-pool", token="mp_read").status == 200


@pytest.mark.parametrize("variable", ["USERS_TABLE", "ACCESS_SECRET_ARN"])
def test_while_aws_has_not_what_we_need_it_is_503(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "gone")
    answer = deployment.call("read-user", token="mp_read", openid="anna")
    assert answer.status == 503
    assert answer.is_a_problem()
    assert answer.headers["retry-after"] == "1"


def subscribers(deployment: Deployment, count: int) -> list[str]:
    """Users with two accepts each, here and at WeChat."""
    wechat = deployment.simulator.control
    openids = [user.openid for user in wechat.add_users(count)]
    for openid in openids:
        wechat.accept(openid, "T1", 2)
        accepts = [{"id": id_, "template_id": "T1", "result": "accept"} for id_ in ("1", "2")]
        deployment.call("add-permits", {"subscriptions": accepts}, token="mp_admin", openid=openid)
    return openids


def test_a_sudden_mass_of_43101_costs_no_permit(deployment: Deployment) -> None:
    openids = subscribers(deployment, 40)
    deployment.simulator.control.configure(refuse_above_per_second=5)
    body = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}, "touser": openids}
    found = results(deployment, body)
    refused = {each["openid"] for each in found if each["status"] == "failed"}
    assert len(refused) >= 20
    assert {(each["reason"], each["errcode"]) for each in found if each["openid"] in refused} == {
        ("wechat_unavailable", 43101)
    }
    for openid in openids:
        user = deployment.call("read-user", token="mp_read", openid=openid).json
        assert user["permits"]["once"] == {"T1": 2 if openid in refused else 1}


def test_a_43101_that_comes_alone_ends_all_of_the_users_permits(deployment: Deployment) -> None:
    [openid] = subscribers(deployment, 1)
    deployment.simulator.control.reject(openid, "T1")
    body = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}, "touser": openid}
    [result] = results(deployment, body)
    assert (result["reason"], result["errcode"]) == ("refused", 43101)
    user = deployment.call("read-user", token="mp_read", openid=openid).json
    assert user["permits"]["once"] == {}
