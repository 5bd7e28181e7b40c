"""A subscription campaign on the running stack, some of whose messages WeChat could not deliver in the end."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from e2e.conftest import CALLBACK
from support.campaign_client import Marketer, Wish, wait_until
from support.running import MakeRun

from local.simulator.client import Control

pytestmark = pytest.mark.e2e

TOKEN, KEY = CALLBACK["WECHAT_CALLBACK_TOKEN"], CALLBACK["WECHAT_ENCODING_AES_KEY"]
COUNT = 12


@pytest.fixture
def marketer(stack: MakeRun) -> Iterator[Marketer]:
    with Control(stack.wechat_url) as wechat:
        wechat.clear_faults()
        yield Marketer(stack, wechat)


def fail(marketer: Marketer, message: dict[str, Any], errcode: str) -> None:
    entry = {"TemplateId": message["template_id"], "MsgID": message["msgid"], "ErrorCode": errcode}
    answer = marketer.wechat.push(
        url=f"{marketer.stack.api_url}/wechat/callback",
        token=TOKEN,
        encoding_aes_key=KEY,
        format="xml",
        openid=message["openid"],
        event="subscribe_msg_sent_event",
        entries=[entry],
    )
    assert answer == {"status": 200, "answer": "success"}


def told(marketer: Marketer, id_: str) -> tuple[Any, list[Any]]:
    recipients = sorted(marketer.recipients(id_), key=lambda recipient: str(recipient["openid"]))
    return marketer.look(id_)["counts"], recipients


def test_late_failures_are_told_while_it_runs_and_afterwards(marketer: Marketer) -> None:
    wish = Wish({"type": "all"}, {"max_per_second": 4}, type="subscribe")
    marketer.subscribers(COUNT, wish.mark)
    id_ = marketer.make(wish)
    early = wait_until(lambda: marketer.messages(wish), len)[0]
    fail(marketer, early, "-1")
    assert marketer.look(id_)["status"] == "running"
    marketer.until(id_, "completed")
    late, arrived, *_ = (each for each in marketer.messages(wish) if each != early)
    for message, errcode in ((late, "43101"), (arrived, "0")):
        fail(marketer, message, errcode)
    counts, recipients = told(marketer, id_)
    by_reason = {"wechat_unavailable": 1, "refused": 1}
    assert counts == {"sent": COUNT - 2, "failed": 2, "skipped": 0, "unknown": 0, "by_reason": by_reason}
    failed = {each["openid"]: each["errcode"] for each in recipients if each["status"] == "failed"}
    assert failed == {early["openid"]: -1, late["openid"]: 43101}
    assert Counter(each["status"] for each in recipients) == {"sent": COUNT - 2, "failed": 2}
    assert {each["openid"]: each["msgid"] for each in recipients} == {
        each["openid"]: str(each["msgid"]) for each in marketer.messages(wish)
    }
    for message, errcode in ((early, "-1"), (late, "43101")):
        fail(marketer, message, errcode)
    assert told(marketer, id_) == (counts, recipients)
