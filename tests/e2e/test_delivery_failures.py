"""A subscription campaign on the running stack. WeChat accepts some messages and reports later that delivery failed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from support.callback_pushes import KEY, TOKEN
from support.campaign_client import CampaignClient, CampaignRequest, wait_until
from support.running import MakeRun

pytestmark = pytest.mark.e2e

COUNT = 12


@pytest.fixture
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        wechat.clear_faults()
        yield CampaignClient(stack, wechat)


def fail(client: CampaignClient, message: dict[str, Any], errcode: str) -> None:
    entry = {"TemplateId": message["template_id"], "MsgID": message["msgid"], "ErrorCode": errcode}
    answer = client.wechat.push(
        url=f"{client.stack.api_url}/wechat/callback",
        token=TOKEN,
        encoding_aes_key=KEY,
        format="xml",
        openid=message["openid"],
        event="subscribe_msg_sent_event",
        entries=[entry],
    )
    assert answer == {"status": 200, "answer": "success"}


def reported(client: CampaignClient, id_: str) -> tuple[Any, list[Any]]:
    recipients = sorted(client.recipients(id_), key=lambda recipient: str(recipient["openid"]))
    return client.read(id_)["counts"], recipients


def test_late_failures_are_reported_while_it_runs_and_afterwards(client: CampaignClient) -> None:
    request = CampaignRequest({"type": "all"}, {"max_per_second": 4}, type="subscribe")
    client.subscribers(COUNT, request.template_id)
    id_ = client.create(request)
    early = wait_until(lambda: client.messages(request), len)[0]
    fail(client, early, "-1")
    assert client.read(id_)["status"] == "running"
    client.until(id_, "completed")
    late, arrived, *_ = (each for each in client.messages(request) if each != early)
    for message, errcode in ((late, "43101"), (arrived, "0")):
        fail(client, message, errcode)
    counts, recipients = reported(client, id_)
    by_reason = {"wechat_unavailable": 1, "refused": 1}
    assert counts == {"sent": COUNT - 2, "failed": 2, "skipped": 0, "unknown": 0, "by_reason": by_reason}
    failed = {each["openid"]: each["errcode"] for each in recipients if each["status"] == "failed"}
    assert failed == {early["openid"]: -1, late["openid"]: 43101}
    assert Counter(each["status"] for each in recipients) == {"sent": COUNT - 2, "failed": 2}
    assert {each["openid"]: each["msgid"] for each in recipients} == {
        each["openid"]: str(each["msgid"]) for each in client.messages(request)
    }
    for message, errcode in ((early, "-1"), (late, "43101")):
        fail(client, message, errcode)
    assert reported(client, id_) == (counts, recipients)
