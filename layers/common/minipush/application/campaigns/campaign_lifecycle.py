"""The steps of a campaign from one status to the next, and the events about them."""

import logging
from collections.abc import Callable, Mapping

from minipush.application.ports.campaigns import CampaignEvents, CampaignStore, Schedules, SegmentQueue
from minipush.application.ports.clock import Clock
from minipush.application.ports.sending import SendingSwitch
from minipush.domain.campaign_errors import ForbiddenTransitionError, UnknownCampaignError
from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.messages import Cause, Reason
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# A later start would be unwanted: evening messages would arrive at night.
LATEST_START_MS = 60 * 60 * 1000
# A campaign that is due this soon starts at once: setting a schedule could take longer.
SOON_MS = 1000
# How often a step begins anew because an operator has edited the campaign meanwhile.
TRIES = 3
SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED


class CampaignLifecycle:
    """`schedules` is called before each use: few processes schedule. `by`: the operator who takes the step."""

    def __init__(
        self,
        store: CampaignStore,
        queue: SegmentQueue,
        schedules: Callable[[], Schedules],
        campaign_events: CampaignEvents,
        clock: Clock,
        switch: SendingSwitch,
    ) -> None:
        self._store = store
        self._queue = queue
        self._schedules = schedules
        self._campaign_events = campaign_events
        self._clock = clock
        self._switch = switch

    # ---- Operators' steps. They raise UnknownCampaignError and ForbiddenTransitionError.

    def pause(self, campaign_id: str, by: str | None = None) -> Campaign:
        """A scheduled campaign keeps its schedule, which starts no paused one.

        A campaign that the red switch paused stays paused, then, when sending is switched on again.
        """
        by_switch = self._step(campaign_id, {PAUSED}, PAUSED, because=Reason.SENDING_OFF, by=by)
        return by_switch or self._require(campaign_id, "pause", PAUSED, by)

    def resume(self, campaign_id: str, by: str | None = None) -> Campaign:
        """A campaign whose time is yet to come is scheduled again; any other one goes on or starts.

        While sending is off, it stays paused until it is switched on again.
        """
        for _ in range(TRIES):
            campaign = self._read(campaign_id)
            if "resume" not in campaign.status.steps:
                break
            to, cause = self._after_pause(campaign)
            resumed = self._step(campaign_id, {PAUSED}, to, cause, by=by, revision=campaign.revision)
            if resumed:
                return self.start_or_schedule(resumed)
        raise ForbiddenTransitionError(campaign.status)

    def _after_pause(self, campaign: Campaign) -> tuple[CampaignStatus, Cause | None]:
        if campaign.waits_at(self._clock() + SOON_MS):
            return SCHEDULED, None
        return (PAUSED, Cause(Reason.SENDING_OFF)) if self.is_sending_off() else (RUNNING, None)

    def cancel(self, campaign_id: str, by: str | None = None) -> Campaign:
        campaign = self._require(campaign_id, "cancel", CampaignStatus.CANCELLED, by)
        if campaign.plan.at is not None:
            self._schedules().remove(campaign_id)
        # Where a worker has died, the next one counts the recipients that are in doubt.
        unreleased = [s.number for s in self._store.segments(campaign_id) if s.lease_until and not s.done]
        self._queue.put(campaign_id, unreleased)
        return campaign

    def is_sending_off(self) -> bool:
        """Whether a campaign that starts or goes on has to wait for the red switch."""
        return not self._switch.read().enabled

    # ---- minipush's own steps. A status that forbids them is no error.

    def start_or_schedule(self, campaign: Campaign) -> Campaign:
        """Complete what an operator asked for: queue a running campaign, start one that is due, schedule the others.

        A paused one is scheduled, too: whoever resumes it may not be able to.
        The schedule follows the stored plan: where another edit moves the start meanwhile, the last one counts.
        """
        for _ in range(TRIES):
            at = campaign.plan.at
            if campaign.status is RUNNING:
                self.queue(campaign)
            if not campaign.may_be_edited:
                return campaign
            if at is None or not campaign.waits_at(self._clock() + SOON_MS):
                return campaign if campaign.status is PAUSED else self.start(campaign.id) or campaign
            self._schedules().set(campaign.id, at)
            stored = self._store.read(campaign.id) or campaign
            if stored.plan.at == at:
                return campaign
            campaign = stored
        return campaign

    def start(self, campaign_id: str, at: int | None = None) -> Campaign | None:
        """Start a campaign that is due, or complete a start that was interrupted.

        Pause it (`overdue`) where its time is more than an hour ago. A resume starts it. While sending is off, it is
        paused, too, and starts when sending is switched on again. `at`: the time (ms) for which it was scheduled. A
        campaign that has been moved since is left alone.
        """
        campaign = self._store.read(campaign_id)
        if campaign and campaign.status is SCHEDULED:
            if at is not None and campaign.plan.at != at:
                logger.info("a campaign was moved since it was scheduled", extra={"campaign_id": campaign_id})
                return campaign
            campaign = self._begin(campaign) or self._store.read(campaign_id)
        if campaign and campaign.status is RUNNING:
            self.queue(campaign)
        return campaign

    def _begin(self, campaign: Campaign) -> Campaign | None:
        revision = campaign.revision
        if self._is_overdue(campaign):
            return self._step(campaign.id, {SCHEDULED}, PAUSED, Cause(Reason.OVERDUE), revision=revision)
        if self.is_sending_off():
            return self._step(campaign.id, {SCHEDULED}, PAUSED, Cause(Reason.SENDING_OFF), revision=revision)
        return self._step(campaign.id, {SCHEDULED}, RUNNING, revision=revision)

    def _is_overdue(self, campaign: Campaign) -> bool:
        """Whether its start comes too late. It never is once it has started."""
        at = campaign.plan.at
        return campaign.started_at is None and at is not None and self._clock() > at + LATEST_START_MS

    def go_on(self, campaign: Campaign) -> bool:
        """Sending is on again: resume a campaign that the red switch paused. Returns whether it goes on.

        One that came due meanwhile, and is overdue now, is paused for that reason. One that was moved waits.
        """
        because, revision = Reason.SENDING_OFF, campaign.revision
        if self._is_overdue(campaign):
            overdue = Cause(Reason.OVERDUE)
            self._step(campaign.id, {PAUSED}, PAUSED, overdue, because=because, revision=revision)
            return False
        to = SCHEDULED if campaign.waits_at(self._clock() + SOON_MS) else RUNNING
        resumed = self._step(campaign.id, {PAUSED}, to, because=because, revision=revision)
        if resumed and to is RUNNING:
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

    def _require(self, campaign_id: str, step: str, to: CampaignStatus, by: str | None) -> Campaign:
        allowed = {status for status in CampaignStatus if step in status.steps}
        campaign = self._step(campaign_id, allowed, to, by=by)
        if campaign:
            return campaign
        raise ForbiddenTransitionError(self._read(campaign_id).status)

    def _read(self, campaign_id: str) -> Campaign:
        if campaign := self._store.read(campaign_id):
            return campaign
        raise UnknownCampaignError(campaign_id)

    def _step(
        self,
        campaign_id: str,
        allowed: set[CampaignStatus],
        to: CampaignStatus,
        cause: Cause | None = None,
        *,
        because: Reason | None = None,
        by: str | None = None,
        revision: str | None = None,
    ) -> Campaign | None:
        campaign = self._store.step(
            campaign_id, frozenset(allowed), to, self._clock(), cause, because, by=by, revision=revision
        )
        if campaign:
            logger.info("a campaign changed its status", extra={**_about(campaign), "operator": by})
            self.publish(campaign)
        return campaign


def _about(campaign: Campaign) -> Mapping[str, object]:
    about = {"campaign_id": campaign.id, "status": campaign.status, "reason": campaign.reason}
    return about | {"errcode": campaign.errcode, "errmsg": campaign.errmsg, "rid": campaign.rid}
