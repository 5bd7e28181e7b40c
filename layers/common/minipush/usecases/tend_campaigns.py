"""What campaigns need while nobody looks: the sweep sees to it."""

import logging
from datetime import date, datetime, timedelta, timezone

from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.messages import Reason
from minipush.usecases.campaign_ports import CampaignStore
from minipush.usecases.control_campaigns import ControlCampaigns, ForbiddenStepError
from minipush.usecases.ports import Clock, StoreError

logger = logging.getLogger(__name__)

# WeChat's day, by which its quotas are counted; China keeps no summer time.
BEIJING = timezone(timedelta(hours=8))
MINUTE_MS = 60 * 1000
# A schedule fires within a minute or two.
OVERDUE_MS = 5 * MINUTE_MS


class TendCampaigns:
    def __init__(self, store: CampaignStore, control: ControlCampaigns, clock: Clock) -> None:
        self._store = store
        self._control = control
        self._clock = clock

    def __call__(self) -> int:
        """How many campaigns were set going again. One that can't be helped doesn't keep it from the others."""
        return sum(self._tend_one(campaign) for campaign in self._store.unfinished())

    def _tend_one(self, campaign: Campaign) -> bool:
        try:
            return self._tend(campaign)
        except StoreError:
            logger.exception("a campaign could not be tended", extra={"campaign_id": campaign.id})
            return False

    def _tend(self, campaign: Campaign) -> bool:
        if self._store.has_news(campaign.id):
            self._control.tell(campaign)
        match campaign.status:
            case CampaignStatus.SCHEDULED:
                return self._start_if_overdue(campaign)
            case CampaignStatus.RUNNING:
                return self._carry_what_was_abandoned(campaign)
            case CampaignStatus.PAUSED:
                return self._resume_on_a_new_day(campaign)
            case _:
                return False

    def _start_if_overdue(self, campaign: Campaign) -> bool:
        if campaign.plan.at is None or campaign.plan.at + OVERDUE_MS > self._clock():
            return False
        logger.warning("a schedule did not start its campaign", extra={"campaign_id": campaign.id})
        return self._control.start(campaign.id) is not None

    def _carry_what_was_abandoned(self, campaign: Campaign) -> bool:
        """A worker that died is followed by another through the queue; this is for a message that is lost.

        Nobody carrying it may also mean that others have the workers. So the times between two messages grow.
        """
        segments = self._store.segments(campaign.id)
        idle = self._clock() - max([campaign.changed_at, *(segment.carried_until for segment in segments)])
        if not _is_power_of_two(idle // MINUTE_MS):
            return False
        logger.warning("nobody carries a campaign", extra={"campaign_id": campaign.id})
        self._control.queue(campaign)
        return True

    def _resume_on_a_new_day(self, campaign: Campaign) -> bool:
        if campaign.reason is not Reason.QUOTA or _day(campaign.changed_at) == _day(self._clock()):
            return False
        try:
            self._control.resume(campaign.id)
        except ForbiddenStepError:
            return False
        return True


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def _day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, BEIJING).date()
