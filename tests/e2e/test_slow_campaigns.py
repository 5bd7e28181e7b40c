"""Slow campaigns occupy every worker of the running stack, and no other campaign waits for them."""

import time
from collections.abc import Iterator

import pytest
from support.campaign_client import CampaignClient, CampaignRequest, to_openids, wait_until
from support.paced import most_in
from support.running import MakeRun

pytestmark = pytest.mark.e2e

SLOW = 6  # more than the workers of a local stack
SECONDS = 30
START_WITHIN = 20.0


@pytest.fixture(scope="module")
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        wechat.clear_faults()
        yield CampaignClient(stack, wechat)


def test_no_campaign_waits_for_slow_ones_and_each_keeps_its_rate(client: CampaignClient) -> None:
    two, many, patient = client.form_holders(2), client.form_holders(100), holders_of(SLOW, client)
    # No user is sent two messages at the same time.
    audiences = [patient[3 * n :] + patient[: 3 * n] for n in range(SLOW)]
    slow = [to_openids(audience, max_per_second=1) for audience in audiences]
    small, large = to_openids(two), to_openids(many)
    ids = [client.create(request) for request in slow]
    wait_until(lambda: min(len(client.reached(request)) for request in slow), lambda least: least >= 2)
    assert [client.step(ids[0], name).ok for name in ("pause", "resume")] == [True, True]

    began = time.monotonic()
    ids += [client.create(request) for request in (small, large)]
    wait_until(lambda: client.reached(small), lambda reached: reached == sorted(two))
    assert time.monotonic() - began < START_WITHIN
    wait_until(lambda: client.reached(large), lambda reached: reached == sorted(many))
    assert {client.read(id_)["status"] for id_ in ids[:SLOW]} == {"running"}, "the slow ones are over already"
    assert client.stack.kill_functions("CampaignWorkerFunction") >= 1

    for request, id_ in zip([*slow, small, large], ids, strict=True):
        client.until(id_, "completed")
        statuses = client.reconciled_statuses(id_, request)
        assert statuses == dict.fromkeys(request.audience["openids"], "sent")
    # Ten seconds from one message to another hold one message more than ten seconds' worth.
    assert max(most_in(10, sent_at(client, request)) for request in slow) <= 1 + 10 * 1.05


def holders_of(form_ids: int, client: CampaignClient) -> list[str]:
    openids = [user.openid for user in client.wechat.add_users(SECONDS)]
    for openid in openids:
        taps = [client.wechat.tap(openid)[0] for _ in range(form_ids)]
        permits = {"form_ids": [{"form_id": tap} for tap in taps]}
        assert client.post(f"/users/{openid}/permits", permits).json()["stored"] == form_ids
    return openids


def sent_at(client: CampaignClient, request: CampaignRequest) -> list[float]:
    return [message["at"] for message in client.messages(request)]
