"""Repair campaigns that stand still; part of the sweep."""

import logging
from datetime import datetime, timedelta, timezone

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.ports.campaigns import CampaignStore, SegmentQueue
from minipush.application.ports.clock import Clock
from minipush.application.ports.sending import SendingSwitch
from minipush.domain.campaign_errors import ForbiddenTransitionError
from minipush.domain.campaigns import Campaign, CampaignStatus, Segment
from minipush.domain.messages import Cause, Reason
from minipush.domain.timestamps import MINUTE_MS

logger = logging.getLogger(__name__)

# WeChat counts its daily quotas in this time zone, which has no summer time.
BEIJING = timezone(timedelta(hours=8))
NOON = 12
# A schedule fires within about two minutes.
MISSED_MS = 5 * MINUTE_MS


class ReconcileCampaigns:
    def __init__(
        self,
        store: CampaignStore,
        queue: SegmentQueue,
        lifecycle: CampaignLifecycle,
        clock: Clock,
        switch: SendingSwitch,
    ) -> None:
        self._store = store
        self._queue = queue
        self._lifecycle = lifecycle
        self._clock = clock
        self._switch = switch

    def __call__(self) -> int:
        """Return the number of campaigns that go on again. An error in one doesn't keep it from the others."""
        is_on = self._switch.read().enabled
        return sum(self._try_to_reconcile(campaign, is_on=is_on) for campaign in self._store.unfinished())

    def _try_to_reconcile(self, campaign: Campaign, *, is_on: bool) -> bool:
        try:
            return self._reconcile(campaign, is_on=is_on)
        except Exception:
            logger.exception("a campaign could not be reconciled", extra={"campaign_id": campaign.id})
            return False

    def _reconcile(self, campaign: Campaign, *, is_on: bool) -> bool:
        if self._store.has_unpublished(campaign.id):
            self._lifecycle.publish(campaign)
        match campaign.status:
            case CampaignStatus.SCHEDULED:
                return self._start_if_missed(campaign)
            case CampaignStatus.RUNNING if is_on:
                return self._queue_idle_segments(campaign)
            case CampaignStatus.RUNNING:
                self._lifecycle.stop(campaign.id, CampaignStatus.PAUSED, Cause(Reason.SENDING_OFF))
                return False
            case CampaignStatus.PAUSED if is_on:
                return self._resume_if_its_cause_is_gone(campaign)
            case _:
                return False

    def _start_if_missed(self, campaign: Campaign) -> bool:
        if campaign.plan.at is None or campaign.plan.at + MISSED_MS > self._clock():
            return False
        logger.warning("a schedule did not start its campaign in time", extra={"campaign_id": campaign.id})
        started = self._lifecycle.start(campaign.id)
        return started is not None and started.status is CampaignStatus.RUNNING

    def _queue_idle_segments(self, campaign: Campaign) -> bool:
        """Queue segments again whose message was lost. (After a worker's death the queue repeats the message.)

        A segment may also be idle because no worker is free. So the time between two messages for it doubles.
        """
        taken = {segment.number: segment for segment in self._store.segments(campaign.id)}
        waiting = campaign.segments_to_run({number for number, segment in taken.items() if segment.done})
        if not waiting:
            self._lifecycle.queue(campaign)
        idle = [n for n in waiting if self._is_due(campaign, taken.get(n))]
        if idle:
            logger.warning(
                "idle segments are queued again", extra={"campaign_id": campaign.id, "segments": len(idle)}
            )
            self._queue.put(campaign.id, idle)
        return bool(idle)

    def _is_due(self, campaign: Campaign, segment: Segment | None) -> bool:
        since = max(campaign.changed_at, segment.lease_until if segment else 0)
        return _is_power_of_two((self._clock() - since) // MINUTE_MS)

    def _resume_if_its_cause_is_gone(self, campaign: Campaign) -> bool:
        if campaign.reason is Reason.SENDING_OFF:
            return self._lifecycle.go_on(campaign)
        return self._resume_if_quota_may_be_back(campaign)

    def _resume_if_quota_may_be_back(self, campaign: Campaign) -> bool:
        if campaign.reason is not Reason.QUOTA or not _may_have_quota(campaign.changed_at, self._clock()):
            return False
        try:
            self._lifecycle.resume(campaign.id)
        except ForbiddenTransitionError:
            return False
        return True


def _may_have_quota(paused_at: int, now: int) -> bool:
    """On the next day. WeChat doesn't document when its day begins: before noon, also an hour after the refusal."""
    paused, present = (datetime.fromtimestamp(ms / 1000, BEIJING) for ms in (paused_at, now))
    return paused.date() != present.date() or (paused.hour < NOON and present - paused >= timedelta(hours=1))


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
