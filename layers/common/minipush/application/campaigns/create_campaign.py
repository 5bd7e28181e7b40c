"""Create a campaign from a plan, and start or schedule it."""

import math
from collections.abc import Callable
from dataclasses import replace

from minipush.application.campaigns.assess_audience import AssessAudience
from minipush.application.campaigns.campaign_lifecycle import SOON_MS, CampaignLifecycle
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import CampaignIdTakenError, InvalidScheduleError
from minipush.domain.campaigns import SEGMENTS_OF_APP, SLICE, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Reason
from minipush.domain.operators import check_audience

# How far in the past a time may lie: clocks differ, and a request takes its time.
LATE_MS = 60 * 1000
FARTHEST_MS = 366 * 24 * 60 * 60 * 1000


class CreateCampaign:
    """`segments`: of a campaign without a named audience. `account_rate`: messages a second, 0 for no limit.

    `count_audience`: how many users the campaign would be for now, from a read of the users.
    """

    def __init__(
        self,
        *,
        store: CampaignStore,
        check_fields: CheckFields,
        check_texts: CheckTexts,
        lifecycle: CampaignLifecycle,
        count_audience: Callable[[Plan], int],
        assess: AssessAudience,
        clock: Clock,
        segments: int,
        account_rate: int = 0,
    ) -> None:
        self._store = store
        self._check_fields = check_fields
        self._check_texts = check_texts
        self._lifecycle = lifecycle
        self._count_audience = count_audience
        self._assess = assess
        self._clock = clock
        self._segments = segments
        self._account_rate = account_rate

    def __call__(
        self,
        plan: Plan,
        campaign_id: str,
        text_check: TextCheckRequest | None = None,
        by: str | None = None,
    ) -> Campaign:
        """Idempotent by `campaign_id`: the same id again completes what an earlier try left unfinished.

        Raises InvalidScheduleError, InvalidDataError, OperatorLimitError, CampaignIdTakenError for an id that came
        with another plan before, StoreError, and what CheckTexts raises.
        """
        kept = self._store.read(campaign_id)
        if kept is None:
            now = self._clock()
            check_time(plan.at, now)
            self.check(plan, text_check)
            kept = self._store.create(self._new(plan, campaign_id, now, text_check is not None), by)
        if not _is_same(kept.plan, plan):
            raise CampaignIdTakenError(campaign_id)
        return self._lifecycle.start_or_schedule(kept)

    def check(self, plan: Plan, text_check: TextCheckRequest | None) -> None:
        """All but the time. Raises InvalidDataError, OperatorLimitError, StoreError, and what CheckTexts raises."""
        self._check_fields(plan.message)
        if plan.max_audience is not None:
            users = len(plan.audience.openids) or self._count_audience(plan)
            check_audience(users, plan.max_audience)
        self._check_texts(plan.message, text_check)

    def with_plan(self, campaign: Campaign, plan: Plan, *, is_text_checked: bool) -> Campaign:
        """The campaign as it would be with another plan."""
        segments = segments_of(plan, self._segments)
        assessed = self._assess(plan, is_text_checked=is_text_checked)
        return replace(
            campaign,
            plan=plan,
            segments=segments,
            segments_at_once=plan.segments_at_once(segments, self._account_rate),
            expected=assessed.expected,
            warnings=assessed.warnings,
        )

    def _new(self, plan: Plan, campaign_id: str, now: int, is_text_checked: bool) -> Campaign:  # noqa: FBT001
        is_due = plan.at is None or plan.at <= now + SOON_MS
        waits = is_due and self._lifecycle.is_sending_off()
        runs = is_due and not waits
        campaign = Campaign(
            id=campaign_id,
            plan=plan,
            segments=1,
            status=_first_status(runs=runs, waits=waits),
            created_at=now,
            changed_at=now,
            started_at=now if runs else None,
            reason=Reason.SENDING_OFF if waits else None,
        )
        return self.with_plan(campaign, plan, is_text_checked=is_text_checked)


def _first_status(*, runs: bool, waits: bool) -> CampaignStatus:
    """`waits`: for the red switch."""
    if waits:
        return CampaignStatus.PAUSED
    return CampaignStatus.RUNNING if runs else CampaignStatus.SCHEDULED


def _is_same(kept: Plan, asked: Plan) -> bool:
    """Whether both are the same request. A long audience may be read without its openids: then their number counts."""
    mine, theirs = kept.audience, asked.audience
    if not mine.left_out:
        return kept == asked
    return mine.left_out == len(theirs.openids) and replace(kept, audience=theirs) == asked


def segments_of(plan: Plan, otherwise: int) -> int:
    if plan.audience.type is AudienceType.APP:
        return SEGMENTS_OF_APP
    if plan.audience.type is not AudienceType.OPENIDS:
        return otherwise
    return max(1, math.ceil(len(plan.audience.openids) / SLICE))


def check_time(at: int | None, now: int) -> None:
    """Raises InvalidScheduleError."""
    if at is not None and at < now - LATE_MS:
        raise InvalidScheduleError("is in the past")
    if at is not None and at > now + FARTHEST_MS:
        raise InvalidScheduleError("is more than a year ahead")
