"""The red switch on the running stack, against real workers and a WeChat that counts."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from support.campaign_client import CampaignClient, CampaignRequest, to_openids, unique_id, wait_until
from support.running import MakeRun

from local.simulator.wechat import TEMPLATE_SEND

pytestmark = pytest.mark.e2e

BUSY = -1


@pytest.fixture
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        client = CampaignClient(stack, wechat)
        yield client
        wechat.clear_faults()
        assert client.call("PUT", "/sending", {"enabled": True}).ok


def switch(client: CampaignClient, **wanted: object) -> None:
    answer = client.call("PUT", "/sending", wanted)
    assert (answer.status_code, answer.json()["enabled"]) == (200, wanted["enabled"])


def message(template_id: str, openids: list[str]) -> dict[str, object]:
    return {
        "type": "template",
        "template_id": template_id,
        "touser": openids,
        "data": {"thing1": {"value": "茶"}},
    }


def test_within_a_second_nothing_goes_out_and_then_everybody_is_reached_once(client: CampaignClient) -> None:
    openids = client.form_holders(160)
    fast = to_openids(openids[:80], max_per_second=5)
    by_hand, direct = to_openids(openids[80:150], max_per_second=5), openids[150:]
    for openid in direct:
        client.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openid, errcode=BUSY, times=100)
    fast_id, by_hand_id = client.create(fast), client.create(by_hand)
    for request in (fast, by_hand):
        wait_until(lambda request=request: client.reached(request), len)  # type: ignore[misc]
    with ThreadPoolExecutor() as pool:
        template_id = unique_id()
        sending = pool.submit(client.post, "/messages", message(template_id, direct))
        time.sleep(0.5)
        switch(client, enabled=False, reason="wrong template")
        time.sleep(1)
        reached = [client.reached(request) for request in (fast, by_hand)]
        client.wechat.clear_faults()
        stopped = sending.result()
    refused = client.post("/messages", message(template_id, direct), {"Idempotency-Key": template_id})
    assert client.step(by_hand_id, "pause").ok
    later = client.post("/campaigns", to_openids(direct).body)
    time.sleep(2)
    assert [client.reached(request) for request in (fast, by_hand)] == reached
    assert all(len(found) < 70 for found in reached)
    assert stopped.status_code == 503 or {r["status"] for r in stopped.json()["results"]} == {"failed"}
    assert not [one for one in client.wechat.messages() if one["template_id"] == template_id]
    assert (refused.status_code, refused.json()["reason"]) == (503, "sending_off")
    assert (client.read(fast_id)["status"], client.read(fast_id)["reason"]) == ("paused", "sending_off")
    assert (later.json()["status"], later.json()["reason"]) == ("paused", "sending_off")

    switch(client, enabled=True)
    statuses = _completed(client, fast_id, fast)
    assert set(statuses.values()) == {"sent"}
    assert client.until(later.json()["id"], "completed")["counts"]["sent"] == len(direct)
    assert _is_free_again(
        client.post("/messages", message(template_id, []), {"Idempotency-Key": template_id})
    )
    assert client.read(by_hand_id)["status"] == "paused"
    assert client.reached(by_hand) == reached[1]
    client.step(by_hand_id, "resume")
    assert set(_completed(client, by_hand_id, by_hand).values()) == {"sent"}


def _completed(client: CampaignClient, id_: str, request: CampaignRequest) -> dict[str, str]:
    client.until(id_, "completed")
    return client.reconciled_statuses(id_, request)


def _is_free_again(answer: requests.Response) -> bool:
    """The key takes another body, which is refused for what it is."""
    return answer.status_code == 422 and answer.json()["type"].endswith("#invalid-request")
