"""A worker process is killed while it has nothing to wait for from WeChat: nobody is in doubt because of it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.killed_campaign import KilledCampaign
from support.deployment import Deployment

from local.simulator.account.credentials import STABLE_TOKEN
from local.simulator.wechat import SUBSCRIBE_SEND, TEMPLATE_SEND
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.counts import Counts
from minipush.domain.messages import Message, MessageType
from minipush.domain.permit_kinds import pay_permits, subscription_permits

pytestmark = [pytest.mark.e2e, pytest.mark.emulator]

TEMPLATE, USERS = "T1", 40
# Longer than it takes to kill the worker in the first pause. No answer is lost on a busy machine.
PATIENT = RetryPolicy(tries=10, first_pause=10, answer_within=60)
# Long enough for the permits to be given back, shorter than the wait for a token.
GIVE_BACKS = 2
USUAL = RetryPolicy(tries=10, answer_within=60)


@dataclass
class Campaign(KilledCampaign):
    """To users with one permit each, so that a permit left claimed is a user left in doubt."""

    message_type: MessageType = SUBSCRIBE_MESSAGE

    def __post_init__(self) -> None:
        super().__post_init__()
        self.openids = [user.openid for user in self.wechat.add_users(USERS)]
        for openid in self.openids:
            self._give(openid)

    def _give(self, openid: str) -> None:
        if self.message_type is SUBSCRIBE_MESSAGE:
            self.wechat.accept(openid, TEMPLATE)
            permits = subscription_permits("accept", TEMPLATE, "accept", long_term=False)
        else:
            (prepay_id,) = self.wechat.pay(openid)
            permits = pay_permits(prepay_id, time.time_ns() // 1_000_000)
        self.wired.users.add(openid, permits)

    def create(self) -> None:
        self.send_to_all(Message(self.message_type, TEMPLATE, data={"thing1": {"value": "好"}}))

    def work_until(self, is_reached: Callable[[], bool], retry_policy: RetryPolicy = USUAL) -> None:
        super().work_until(is_reached, retry_policy)

    @property
    def claimed(self) -> int:
        items = self.wired.dynamodb.scan(TableName=self.deployment.users, ConsistentRead=True)["Items"]
        return sum("claim" in item for item in items)


def finish(campaign: Campaign) -> None:
    campaign.wechat.clear_faults()
    campaign.work_until(lambda: campaign.is_completed)
    assert campaign.counts == Counts(sent=USERS)
    assert campaign.reached == Counter(campaign.openids)


def test_a_kill_while_the_token_is_fetched(deployment: Deployment, tmp_path: Path) -> None:
    campaign = Campaign(deployment, tmp_path)
    campaign.wechat.fault("hang", path=STABLE_TOKEN, times=None)
    campaign.create()
    campaign.work_until(lambda: campaign.calls(STABLE_TOKEN) > 0)
    assert campaign.claimed == 0
    finish(campaign)


@pytest.mark.parametrize("message_type", [SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE])
def test_a_kill_while_all_wait_for_a_busy_wechat(
    deployment: Deployment, tmp_path: Path, message_type: MessageType
) -> None:
    campaign = Campaign(deployment, tmp_path, message_type)
    path = SUBSCRIBE_SEND if message_type is SUBSCRIBE_MESSAGE else TEMPLATE_SEND
    campaign.wechat.fault("errcode", path=path, errcode=-1, times=None)
    campaign.create()
    campaign.work_until(lambda: campaign.calls(path) >= USERS and campaign.claimed == 0, retry_policy=PATIENT)
    assert campaign.reached == Counter()
    finish(campaign)


@pytest.mark.parametrize("errcode", [40001, 42001])
@pytest.mark.parametrize("message_type", [SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE])
def test_a_kill_while_a_refused_token_is_replaced(
    deployment: Deployment, tmp_path: Path, message_type: MessageType, errcode: int
) -> None:
    campaign = Campaign(deployment, tmp_path, message_type)
    path = SUBSCRIBE_SEND if message_type is SUBSCRIBE_MESSAGE else TEMPLATE_SEND
    campaign.wechat.fault("errcode", path=path, errcode=errcode, times=None)
    campaign.wechat.fault("hang", path=STABLE_TOKEN, after=1, times=None)
    campaign.create()

    def waits_for_a_token() -> bool:
        if campaign.calls(STABLE_TOKEN) < 2:
            return False
        time.sleep(GIVE_BACKS)
        return True

    campaign.work_until(waits_for_a_token)
    assert campaign.calls(path) > 0
    assert campaign.claimed == 0
    assert campaign.reached == Counter()
    finish(campaign)
