"""What campaigns need while nobody looks: the sweep sees to it."""

import logging
from datetime import date, datetime, timedelta, timezone

from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.messages import Reason
from minipush.usecases.campaign_ports import CampaignStore, SegmentQueue
from minipush.usecases.control_campaigns import ControlCampaigns, ForbiddenStepError, spread
from minipush.usecases.ports import Clock

logger = logging.getLogger(__name__)

# WeChat's day, by which its quotas are counted; China keeps no summer time.
BEIJING = timezone(timedelta(hours=8))
# A schedule fires within a minute or two, a carrier renews its lease every few seconds.
OVERDUE_MS = 5 * 60 * 1000
ABANDONED_MS = 60 * 1000


class TendCampaigns:
    def __init__(
        self, store: CampaignStore, queue: SegmentQueue, control: ControlCampaigns, clock: Clock
    ) -> None:
        self._store = store
        self._queue = queue
        self._control = control
        self._clock = clock

    def __call__(self) -> int:
        """How many campaigns were set going again."""
        return sum(self._tend(campaign) for campaign in self._store.unfinished())

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
        if campaign.changed_at + ABANDONED_MS > self._clock():
            return False
        taken = {segment.number: segment for segment in self._store.segments(campaign.id)}
        waiting = [number for number in range(campaign.segments) if number not in taken]
        waiting += [s.number for s in taken.values() if not s.done and self._is_abandoned(s.carried_until)]
        if waiting:
            self._queue.put(campaign.id, spread(waiting))
        elif all(segment.done for segment in taken.values()):
            self._control.close(campaign)
        return bool(waiting)

    def _is_abandoned(self, carried_until: int) -> bool:
        return carried_until + ABANDONED_MS < self._clock()

    def _resume_on_a_new_day(self, campaign: Campaign) -> bool:
        if campaign.reason is not Reason.QUOTA or _day(campaign.changed_at) == _day(self._clock()):
            return False
        try:
            self._control.resume(campaign.id)
        except ForbiddenStepError:
            return False
        return True


def _day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, BEIJING).date()
