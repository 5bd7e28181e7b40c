"""A worker process is killed while WeChat has taken messages of the official account and has not answered.

The followers are in doubt, and the next worker repeats their messages with the same client_msg_id: nobody gets two.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.killed_campaign import KilledCampaign
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, deployed, dismantle, keep
from support.simulator_process import SimulatorProcess

from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET, OFFICIAL_SEND
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.channels import OFFICIAL_MESSAGE
from minipush.domain.counts import Counts
from minipush.domain.followers import KnownFollower
from minipush.domain.messages import Message

pytestmark = [pytest.mark.e2e, pytest.mark.emulator]

USERS, IN_DOUBT = 40, 15
# No answer is given up while the worker lives.
PATIENT = RetryPolicy(tries=10, answer_within=60)


@dataclass
class Campaign(KilledCampaign):
    """To users who follow the official account."""

    def __post_init__(self) -> None:
        super().__post_init__()
        followers = self.wechat.follow([user.openid for user in self.wechat.add_users(USERS)])
        for openid, there in followers.items():
            self.wired.followers.copy(openid, KnownFollower(openid=there, follows=True, version=1))
        self.followers = [*followers.values()]

    @property
    def sends(self) -> int:
        return self.calls(OFFICIAL_SEND)


@pytest.fixture
def deployment(
    aws_endpoint: str, dynamodb: DynamoDBClient, wechat: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    with deployed(aws_endpoint, dynamodb, wechat, monkeypatch) as made:
        made.environment |= {
            "OFFICIAL_APPID": OFFICIAL_APPID,
            "OFFICIAL_API_BASE": made.simulator.url,
            "OFFICIAL_SECRET_ARN": keep(made.secrets, {"app_secret": OFFICIAL_SECRET}),
        }
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        dismantle()
        yield made


@pytest.mark.parametrize("repeat_answer", ["same_msgid", "zero_msgid", "40241"])
def test_a_kill_in_the_middle_of_a_campaign_sends_nobody_two_messages(
    deployment: Deployment, tmp_path: Path, repeat_answer: str
) -> None:
    campaign = Campaign(deployment, tmp_path)
    campaign.wechat.configure(repeat_answer=repeat_answer)
    campaign.wechat.fault("hang", path=OFFICIAL_SEND, taken=True, after=5, times=IN_DOUBT)
    campaign.send_to_all(Message(OFFICIAL_MESSAGE, "O1", data={"thing1": {"value": "好"}}))
    taken = 5 + IN_DOUBT
    campaign.work_until(lambda: min(campaign.sends, campaign.reached.total()) >= taken, PATIENT)
    assert not campaign.is_completed
    campaign.wechat.clear_faults()
    campaign.work_until(lambda: campaign.is_completed, PATIENT)
    assert campaign.reached == Counter(campaign.followers)
    assert campaign.counts == Counts(sent=USERS)
    assert campaign.sends >= USERS + IN_DOUBT
