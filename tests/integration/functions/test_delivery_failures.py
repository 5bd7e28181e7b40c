"""What WeChat took and could not deliver: from its push to what is told of campaigns, recipients and users."""

from typing import Any

import pytest
from support.deployment import Deployment, dismantle
from support.pushes import SentTo, event, push, sent_to, subscribe

pytestmark = pytest.mark.emulator


def fail(deployment: Deployment, sent: SentTo, errcode: str = "43101", **more: Any) -> int:
    entry = {"TemplateId": "T1", "MsgID": sent.msgid, "ErrorCode": errcode, "ErrorStatus": "failed"}
    return push(deployment, event(sent.openid, "sent", **entry) | more)


def told(deployment: Deployment, sent: SentTo) -> tuple[Any, Any, Any]:
    """The campaign's counts, its recipients, and the messages that its user got."""
    about: dict[str, Any] = {"token": "mp_read", "campaign_id": sent.campaign_id}
    counts = deployment.call("read-campaign", **about).json["counts"]
    recipients = deployment.call("list-recipients", **about).json["items"]
    user = deployment.call("read-user", token="mp_read", openid=sent.openid).json
    return counts, recipients, user["messages"]


def counts(**some: Any) -> dict[str, Any]:
    return {"sent": 0, "failed": 0, "skipped": 0, "unknown": 0, "by_reason": {}} | some


@pytest.mark.parametrize("long_term", [False, True], ids=["once", "long"])
def test_the_campaign_the_recipient_and_the_user_are_told_of_it(
    deployment: Deployment, *, long_term: bool
) -> None:
    other = subscribe(deployment)
    sent = sent_to(deployment, long_term=long_term)
    before, recipients, messages = told(deployment, sent)
    assert (before, len(messages)) == (counts(sent=2), 1)
    assert {each["openid"]: each["msgid"] for each in recipients}[sent.openid] == sent.msgid
    assert fail(deployment, sent) == 200
    after, recipients, messages = told(deployment, sent)
    assert (after, messages) == (counts(sent=1, failed=1, by_reason={"refused": 1}), [])
    found = {each["openid"]: each for each in recipients}
    assert found[other]["status"] == "sent"
    ours = found[sent.openid]
    assert (ours["status"], ours["reason"], ours["errcode"]) == ("failed", "refused", 43101)
    assert ours["msgid"] == sent.msgid


def test_a_repeat_changes_nothing_whichever_way_it_comes(deployment: Deployment) -> None:
    sent = sent_to(deployment)
    assert fail(deployment, sent, CreateTime=1_900_000_000) == 200
    first = told(deployment, sent)
    assert first[0]["failed"] == 1
    assert fail(deployment, sent, CreateTime=1_900_000_000) == 200
    assert fail(deployment, sent, CreateTime=1_900_000_001) == 200
    assert told(deployment, sent) == first


def test_what_could_not_be_read_is_done_by_the_repeat(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = sent_to(deployment)
    with monkeypatch.context() as without:
        without.setenv("REPORTS_BUCKET", "none")
        dismantle()
        assert fail(deployment, sent, CreateTime=1_900_000_000) == 500
    dismantle()
    assert fail(deployment, sent, CreateTime=1_900_000_000) == 200
    assert told(deployment, sent)[0] == counts(failed=1, by_reason={"refused": 1})


def test_one_that_arrived_changes_nothing(deployment: Deployment) -> None:
    sent = sent_to(deployment)
    before = told(deployment, sent)
    assert fail(deployment, sent, "0") == 200
    assert told(deployment, sent) == before


@pytest.mark.parametrize("directly", [False, True], ids=["campaign", "direct"])
def test_a_message_in_doubt_that_arrived_is_sent(deployment: Deployment, *, directly: bool) -> None:
    deployment.simulator.control.fault(action="reset_after", path="/cgi-bin/message/subscribe/send", times=1)
    sent = sent_to(deployment, directly=directly)
    before = deployment.call("read-user", token="mp_read", openid=sent.openid).json["messages"]
    assert [message["status"] for message in before] == ["unknown"]
    for _ in range(2):
        assert fail(deployment, sent, "0") == 200
    after = deployment.call("read-user", token="mp_read", openid=sent.openid).json["messages"]
    assert [message["status"] for message in after] == ["sent"]
    if not directly:
        campaign, recipients, _ = told(deployment, sent)
        assert campaign == counts(sent=1)
        assert [(each["status"], each["msgid"]) for each in recipients] == [("sent", sent.msgid)]


def test_another_systems_message_changes_nothing(deployment: Deployment) -> None:
    sent = sent_to(deployment)
    before = told(deployment, sent)
    assert fail(deployment, SentTo(sent.openid, "123", None)) == 200
    assert fail(deployment, SentTo("nobody", sent.msgid, None)) == 200
    assert told(deployment, sent) == before


def test_a_direct_message_is_not_among_those_that_its_user_got(deployment: Deployment) -> None:
    sent = sent_to(deployment, directly=True)
    assert fail(deployment, sent) == 200
    user = deployment.call("read-user", token="mp_read", openid=sent.openid).json
    assert user["messages"] == []
    assert user["permits"]["once"] == {}


def test_a_sent_message_bears_wechats_number_as_text(deployment: Deployment) -> None:
    openid = subscribe(deployment)
    message = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}, "touser": openid}
    for _ in range(2):
        answer = deployment.call("send-messages", message, token="mp_send", headers={"idempotency-key": "k"})
        [taken] = deployment.simulator.control.messages(openid)
        assert answer.json["results"][0]["msgid"] == str(taken["msgid"])
        assert taken["msgid"] > 2**53
