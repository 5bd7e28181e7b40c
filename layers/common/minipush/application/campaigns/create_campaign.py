"""Make a campaign of what is asked for, and set it going."""

import hashlib
import math
from collections.abc import Callable

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import SLICE, AudienceType, Campaign, CampaignStatus, Plan
from minipush.errors import InvalidScheduleError

PREFIX = "c-"
# Clocks differ, and a request takes its time.
LATE_MS = 60 * 1000
FARTHEST_MS = 366 * 24 * 60 * 60 * 1000
# Too soon to be worth a schedule, which may be late before it is set.
SOON_MS = 1000


class CreateCampaign:
    """`segments`: how many a campaign has whose audience isn't named."""

    def __init__(
        self,
        store: CampaignStore,
        check_fields: CheckFields,
        check_texts: CheckTexts,
        schedule: Callable[[str, int], None],
        lifecycle: CampaignLifecycle,
        clock: Clock,
        segments: int,
    ) -> None:
        self._store = store
        self._check_fields = check_fields
        self._check_texts = check_texts
        self._schedule = schedule
        self._lifecycle = lifecycle
        self._clock = clock
        self._segments = segments

    def __call__(self, plan: Plan, campaign_id: str, text_check: TextCheckRequest | None = None) -> Campaign:
        """The same id again makes no other campaign: it completes what an earlier try left undone.

        Raises InvalidScheduleError, InvalidDataError, StoreError, and what CheckTexts raises.
        """
        kept = self._store.read(campaign_id)
        if kept is None:
            now = self._clock()
            check_time(plan.at, now)
            self._check_fields(plan.message)
            self._check_texts(plan.message, text_check)
            kept = self._store.create(self._new(plan, campaign_id, now))
        return self._set_going(kept)

    def _new(self, plan: Plan, campaign_id: str, now: int) -> Campaign:
        runs = _is_due(plan, now)
        return Campaign(
            id=campaign_id,
            plan=plan,
            segments=segments_of(plan, self._segments),
            status=CampaignStatus.RUNNING if runs else CampaignStatus.SCHEDULED,
            created_at=now,
            changed_at=now,
            started_at=now if runs else None,
        )

    def _set_going(self, campaign: Campaign) -> Campaign:
        """One that was paused or has finished since the first try is left as it is."""
        if campaign.status is CampaignStatus.RUNNING:
            self._lifecycle.queue(campaign)
        if campaign.status is not CampaignStatus.SCHEDULED or campaign.plan.at is None:
            return campaign
        if _is_due(campaign.plan, self._clock()):
            return self._lifecycle.start(campaign.id) or campaign
        self._schedule(campaign.id, campaign.plan.at)
        return campaign


def id_of_work(work_id: str) -> str:
    return PREFIX + work_id


def id_of_occurrence(occurrence: str) -> str:
    """A rule that fires twice for one occurrence makes one campaign."""
    return PREFIX + hashlib.sha256(occurrence.encode()).hexdigest()[:24]


def campaign_of(delivery_id: str) -> str | None:
    """A campaign's deliveries bear its id; None for a direct send."""
    return delivery_id if delivery_id.startswith(PREFIX) else None


def segments_of(plan: Plan, otherwise: int) -> int:
    if plan.audience.type is not AudienceType.OPENIDS:
        return otherwise
    return max(1, math.ceil(len(plan.audience.openids) / SLICE))


def check_time(at: int | None, now: int) -> None:
    """Raises InvalidScheduleError."""
    if at is not None and at < now - LATE_MS:
        raise InvalidScheduleError("is in the past")
    if at is not None and at > now + FARTHEST_MS:
        raise InvalidScheduleError("is more than a year ahead")


def _is_due(plan: Plan, now: int) -> bool:
    return plan.at is None or plan.at <= now + SOON_MS
