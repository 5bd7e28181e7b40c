"""The steps of a campaign from one status to the next, and the events about them."""

import logging
from collections.abc import Callable, Mapping

from minipush.application.ports.campaigns import CampaignEvents, CampaignStore, SegmentQueue
from minipush.application.ports.clock import Clock
from minipush.application.ports.sending import SendingSwitch
from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.messages import Cause, Reason
from minipush.errors import ForbiddenTransitionError, StoreError, UnknownCampaignError

logger = logging.getLogger(__name__)

# A later start would be unwanted: evening messages would arrive at night.
LATEST_START_MS = 60 * 60 * 1000
SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED


class CampaignLifecycle:
    def __init__(
        self,
        store: CampaignStore,
        queue: SegmentQueue,
        remove_schedule: Callable[[str], None],
        campaign_events: CampaignEvents,
        clock: Clock,
        switch: SendingSwitch,
    ) -> None:
        self._store = store
        self._queue = queue
        self._remove_schedule = remove_schedule
        self._campaign_events = campaign_events
        self._clock = clock
        self._switch = switch

    # ---- Operators' steps. They raise UnknownCampaignError and ForbiddenTransitionError.

    def pause(self, campaign_id: str) -> Campaign:
        """A campaign that the red switch paused stays paused, then, when sending is switched on again."""
        by_switch = self._step(campaign_id, {PAUSED}, PAUSED, because=Reason.SENDING_OFF)
        return by_switch or self._require(campaign_id, "pause", PAUSED)

    def resume(self, campaign_id: str) -> Campaign:
        """While sending is off, the campaign stays paused until it is switched on again."""
        if self.is_sending_off():
            return self._require(campaign_id, "resume", PAUSED, Cause(Reason.SENDING_OFF))
        campaign = self._require(campaign_id, "resume", RUNNING)
        self.queue(campaign)
        return campaign

    def cancel(self, campaign_id: str) -> Campaign:
        campaign = self._require(campaign_id, "cancel", CampaignStatus.CANCELLED)
        if campaign.plan.at is not None:
            self._remove_schedule(campaign_id)
        # Where a worker has died, the next one counts the recipients that are in doubt.
        unreleased = [s.number for s in self._store.segments(campaign_id) if s.lease_until and not s.done]
        self._queue.put(campaign_id, unreleased)
        return campaign

    def is_sending_off(self) -> bool:
        """Whether a campaign that starts or goes on has to wait for the red switch."""
        return not self._switch.read().enabled

    # ---- minipush's own steps. A status that forbids them is no error.

    def start(self, campaign_id: str) -> Campaign | None:
        """Start a campaign that is due, or complete a start that was interrupted.

        Pause it (`overdue`) where its time is more than an hour ago. A resume starts it. While sending is off, it is
        paused, too, and starts when sending is switched on again.
        """
        campaign = self._store.read(campaign_id)
        if campaign and campaign.status is SCHEDULED:
            campaign = self._begin(campaign) or self._store.read(campaign_id)
        if campaign and campaign.status is RUNNING:
            self.queue(campaign)
        return campaign

    def _begin(self, campaign: Campaign) -> Campaign | None:
        if self._is_overdue(campaign):
            return self._step(campaign.id, {SCHEDULED}, PAUSED, Cause(Reason.OVERDUE))
        if self.is_sending_off():
            return self._step(campaign.id, {SCHEDULED}, PAUSED, Cause(Reason.SENDING_OFF))
        return self._step(campaign.id, {SCHEDULED}, RUNNING)

    def _is_overdue(self, campaign: Campaign) -> bool:
        """Whether its start comes too late. It never is once it has started."""
        at = campaign.plan.at
        return campaign.started_at is None and at is not None and self._clock() > at + LATEST_START_MS

    def go_on(self, campaign: Campaign) -> bool:
        """Sending is on again: resume a campaign that the red switch paused. Returns whether it goes on.

        One that came due meanwhile, and is overdue now, is paused for that reason.
        """
        if self._is_overdue(campaign):
            overdue = Cause(Reason.OVERDUE)
            self._step(campaign.id, {PAUSED}, PAUSED, overdue, because=Reason.SENDING_OFF)
            return False
        resumed = self._step(campaign.id, {PAUSED}, RUNNING, because=Reason.SENDING_OFF)
        if resumed:
            self.queue(resumed)
        return resumed is not None

    def stop(self, campaign_id: str, to: CampaignStatus, cause: Cause) -> None:
        """Pause or fail a running campaign."""
        self._step(campaign_id, {RUNNING}, to, cause)

    def segment_done(self, campaign: Campaign, number: int) -> None:
        """Queue the next segment of the lane, unless a worker has it; after the last segment, complete the campaign.

        Idempotent, as the message of a segment may come twice.
        """
        taken = self._store.segments(campaign.id)
        if sum(segment.done for segment in taken) == campaign.segments:
            self._complete(campaign)
        following = campaign.next_segment(number)
        if following is not None and following not in {segment.number for segment in taken}:
            self._queue.put(campaign.id, [following])

    def queue(self, campaign: Campaign) -> None:
        """Queue as many segments that aren't done as may run at once. Without one, complete the campaign."""
        done = {segment.number for segment in self._store.segments(campaign.id) if segment.done}
        if numbers := campaign.segments_to_run(done):
            self._queue.put(campaign.id, numbers)
        else:
            self._complete(campaign)

    def _complete(self, campaign: Campaign) -> None:
        """A campaign that was paused during its last messages is complete, too."""
        self._step(campaign.id, {RUNNING, PAUSED}, CampaignStatus.COMPLETED)

    def publish(self, campaign: Campaign) -> None:
        """Put the last step on the event bus. What can't be published now, the sweep publishes later."""
        if campaign.status in (SCHEDULED, RUNNING):
            return
        try:
            self._campaign_events.publish(campaign)
            self._store.mark_published(campaign)
        except StoreError:
            logger.exception("an event could not be published", extra={"campaign_id": campaign.id})

    def _require(
        self, campaign_id: str, step: str, to: CampaignStatus, cause: Cause | None = None
    ) -> Campaign:
        allowed = {status for status in CampaignStatus if step in status.steps}
        campaign = self._step(campaign_id, allowed, to, cause)
        if campaign:
            return campaign
        current = self._store.read(campaign_id)
        raise ForbiddenTransitionError(current.status) if current else UnknownCampaignError(campaign_id)

    def _step(
        self,
        campaign_id: str,
        allowed: set[CampaignStatus],
        to: CampaignStatus,
        cause: Cause | None = None,
        because: Reason | None = None,
    ) -> Campaign | None:
        campaign = self._store.step(campaign_id, frozenset(allowed), to, self._clock(), cause, because)
        if campaign:
            logger.info("a campaign changed its status", extra=_about(campaign))
            self.publish(campaign)
        return campaign


def _about(campaign: Campaign) -> Mapping[str, object]:
    about = {"campaign_id": campaign.id, "status": campaign.status, "reason": campaign.reason}
    return about | {"errcode": campaign.errcode, "errmsg": campaign.errmsg, "rid": campaign.rid}
