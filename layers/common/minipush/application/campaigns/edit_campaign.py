"""Change a campaign before it starts."""

from collections.abc import Callable
from dataclasses import replace

from minipush.application.campaigns.campaign_lifecycle import TRIES, CampaignLifecycle
from minipush.application.campaigns.create_campaign import CreateCampaign, check_time
from minipush.application.messages.check_text import TextCheckRequest
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import ForbiddenTransitionError, UnknownCampaignError
from minipush.domain.campaign_progress import Warning  # noqa: A004
from minipush.domain.campaigns import AudienceType, Campaign, Plan

type Change = Callable[[Plan], Plan]


class EditCampaign:
    def __init__(
        self, store: CampaignStore, create: CreateCampaign, lifecycle: CampaignLifecycle, clock: Clock
    ) -> None:
        self._store = store
        self._create = create
        self._lifecycle = lifecycle
        self._clock = clock

    def __call__(
        self,
        campaign_id: str,
        change: Change,
        text_check: TextCheckRequest | None = None,
        by: str | None = None,
    ) -> Campaign:
        """`change` makes the new plan of the present one, which has all openids.

        A scheduled campaign that is due by then starts. Raises UnknownCampaignError, ForbiddenTransitionError, what
        `change` raises, and what CreateCampaign raises for a plan.
        """
        for _ in range(TRIES):
            seen = self._editable(campaign_id)
            plan = self.changed_plan(seen, change)
            self._create.check(plan, text_check)
            was_checked = plan.message == seen.plan.message and Warning.NO_TEXT_CHECK not in seen.warnings
            new = self._create.with_plan(seen, plan, is_text_checked=was_checked or text_check is not None)
            if edited := self._store.edit(seen, new, self._clock(), by):
                return self._lifecycle.start_or_schedule(edited)
        raise ForbiddenTransitionError(seen.status)

    def plan(self, campaign_id: str, change: Change) -> Plan:
        """The plan as the change would make it, for a dry run. Raises the same errors."""
        return self.changed_plan(self._editable(campaign_id), change)

    def changed_plan(self, campaign: Campaign, change: Change) -> Plan:
        audience = replace(campaign.plan.audience, openids=self._store.openids(campaign), left_out=0)
        before = replace(campaign.plan, audience=audience)
        plan = change(before)
        if plan.at != before.at:
            check_time(plan.at, self._clock())
        return plan

    def _editable(self, campaign_id: str) -> Campaign:
        campaign = self._store.read(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        if not campaign.may_be_edited or campaign.plan.audience.type is AudienceType.APP:
            raise ForbiddenTransitionError(campaign.status)
        return campaign
