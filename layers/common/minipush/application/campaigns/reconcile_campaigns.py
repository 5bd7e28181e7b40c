"""What campaigns need while nobody looks: the sweep sees to it."""

import logging
from datetime import datetime, timedelta, timezone

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Campaign, CampaignStatus, Segment
from minipush.domain.messages import Reason
from minipush.errors import ForbiddenTransitionError

logger = logging.getLogger(__name__)

# WeChat's day, by which its quotas are counted; China keeps no summer time.
BEIJING = timezone(timedelta(hours=8))
NOON = 12
MINUTE_MS = 60 * 1000
# A schedule fires within a minute or two.
OVERDUE_MS = 5 * MINUTE_MS


class ReconcileCampaigns:
    def __init__(self, store: CampaignStore, lifecycle: CampaignLifecycle, clock: Clock) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._clock = clock

    def __call__(self) -> int:
        """How many campaigns were set going again. One that can't be helped doesn't keep it from the others."""
        return sum(self._tend_one(campaign) for campaign in self._store.unfinished())

    def _tend_one(self, campaign: Campaign) -> bool:
        try:
            return self._tend(campaign)
        except Exception:
            logger.exception("a campaign could not be tended", extra={"campaign_id": campaign.id})
            return False

    def _tend(self, campaign: Campaign) -> bool:
        if self._store.has_unpublished(campaign.id):
            self._lifecycle.publish(campaign)
        match campaign.status:
            case CampaignStatus.SCHEDULED:
                return self._start_if_overdue(campaign)
            case CampaignStatus.RUNNING:
                return self._carry_what_was_abandoned(campaign)
            case CampaignStatus.PAUSED:
                return self._resume_when_the_quota_may_be_there(campaign)
            case _:
                return False

    def _start_if_overdue(self, campaign: Campaign) -> bool:
        if campaign.plan.at is None or campaign.plan.at + OVERDUE_MS > self._clock():
            return False
        logger.warning("a schedule did not start its campaign", extra={"campaign_id": campaign.id})
        return self._lifecycle.start(campaign.id) is not None

    def _carry_what_was_abandoned(self, campaign: Campaign) -> bool:
        """A worker that died is followed by another through the queue; this is for a message that is lost.

        Nobody carrying a segment may also mean that there is no worker free. So the times between two messages
        for it grow.
        """
        taken = {segment.number: segment for segment in self._store.segments(campaign.id)}
        waiting = [n for n in range(campaign.segments) if n not in taken or not taken[n].done]
        if not waiting:
            self._lifecycle.close(campaign)
        idle = [n for n in waiting if self._is_due(campaign, taken.get(n))]
        if idle:
            logger.warning("segments stand still", extra={"campaign_id": campaign.id, "segments": len(idle)})
            self._lifecycle.queue(campaign, idle)
        return bool(idle)

    def _is_due(self, campaign: Campaign, segment: Segment | None) -> bool:
        since = max(campaign.changed_at, segment.lease_until if segment else 0)
        return _is_power_of_two((self._clock() - since) // MINUTE_MS)

    def _resume_when_the_quota_may_be_there(self, campaign: Campaign) -> bool:
        if campaign.reason is not Reason.QUOTA or not _may_have_quota(campaign.changed_at, self._clock()):
            return False
        try:
            self._lifecycle.resume(campaign.id)
        except ForbiddenTransitionError:
            return False
        return True


def _may_have_quota(paused_at: int, now: int) -> bool:
    """On another day; or, since WeChat says nowhere when its day begins, an hour after a refusal before noon."""
    paused, present = (datetime.fromtimestamp(ms / 1000, BEIJING) for ms in (paused_at, now))
    return paused.date() != present.date() or (paused.hour < NOON and present - paused >= timedelta(hours=1))


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
