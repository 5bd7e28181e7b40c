"""Campaigns for the contract suites, and what is read of them."""

from typing import Any

from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message

NOW = 1_800_000_000_000
SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED
COMPLETED, CANCELLED, FAILED = CampaignStatus.COMPLETED, CampaignStatus.CANCELLED, CampaignStatus.FAILED
MESSAGE = Message(SUBSCRIBE_MESSAGE, "S1", "pages/a?b=c", {"thing1": {"value": "“Tee” ☕"}}, essential=True)
EVERYBODY = Audience(AudienceType.ALL)


def campaign(
    id_: str = "c-1",
    status: CampaignStatus = RUNNING,
    audience: Audience = EVERYBODY,
    created_at: int = NOW,
    **more: Any,
) -> Campaign:
    plan = Plan("Autumn", MESSAGE, audience)
    return Campaign(id_, plan, 8, status, created_at, created_at, **more)


def named(count: int, width: int = 28) -> Audience:
    return Audience(AudienceType.OPENIDS, tuple(f"{n:o>{width}}" for n in range(count)))


def ids(campaigns: list[Campaign]) -> list[str]:
    return [each.id for each in campaigns]
