"""The use cases, wired: each on first use, kept for warm invocations."""

import gc
from functools import cached_property
from typing import TYPE_CHECKING

from minipush.wiring.stores import Stores
from minipush.wiring.world import milliseconds

if TYPE_CHECKING:
    from minipush.domain.asks import Ask
    from minipush.http.campaigns import CampaignUses
    from minipush.http.templates import TemplateUses
    from minipush.usecases.ask_next import AskNext
    from minipush.usecases.campaigns.carry_segment import CarrySegment
    from minipush.usecases.campaigns.control_campaigns import ControlCampaigns
    from minipush.usecases.campaigns.make_campaigns import MakeCampaigns
    from minipush.usecases.campaigns.tend_campaigns import TendCampaigns
    from minipush.usecases.check_texts import CheckTexts
    from minipush.usecases.collect_permits import CollectPermits
    from minipush.usecases.note_undelivered import NoteUndelivered
    from minipush.usecases.sending.check_fields import CheckFields
    from minipush.usecases.sending.send_messages import SendMessages
    from minipush.usecases.sweep_expired import SweepExpired
    from minipush.wechat.text_check import Verdict


# A worker has the time to wait for a table that grows into a campaign: some six seconds.
CLAIM_TRIES = 7


class UseCases(Stores):
    def _next_ask(self, openid: str, sdk_version: str | None) -> "Ask":
        """A method, so that only who asks has it wired."""
        return self._ask_next(openid, sdk_version)

    @cached_property
    def _ask_next(self) -> "AskNext":
        from minipush.usecases.ask_next import AskNext

        return AskNext(self.users, self._stock_plans, self.templates, milliseconds)

    @cached_property
    def collect_permits(self) -> "CollectPermits":
        from minipush.usecases.collect_permits import CollectPermits

        return CollectPermits(
            self.users,
            milliseconds,
            self._settings.permits_per_user,
            subscriptions=self._settings.subscription_source == "client",
        )

    @cached_property
    def send_messages(self) -> "SendMessages":
        from minipush.usecases.sending.deliver import Deliver
        from minipush.usecases.sending.delivery import Patience
        from minipush.usecases.sending.pace import Pace
        from minipush.usecases.sending.send_messages import SendMessages

        limit = self._settings.max_sends_per_second
        pace = Pace(self.rates, [("account", limit)] if limit else [])
        deliver = Deliver(self.ledger, self.messenger, pace, milliseconds, Patience())
        return SendMessages(self.users, self._check_fields, deliver)

    @cached_property
    def _campaign_uses(self) -> "CampaignUses":
        from minipush.http.campaigns import CampaignUses
        from minipush.usecases.campaigns.rehearse_campaigns import RehearseCampaigns
        from minipush.usecases.campaigns.show_campaigns import ShowCampaigns

        rehearse = RehearseCampaigns(
            self._recipients,
            self._check_fields,
            self._check_texts,
            milliseconds,
            self._settings.campaign_segments,
            self._settings.max_sends_per_second,
        )
        show = ShowCampaigns(self.campaigns, self.reports)
        return CampaignUses(self.make_campaigns, rehearse, show, self.control_campaigns)

    @cached_property
    def _template_uses(self) -> "TemplateUses":
        from minipush.http.templates import TemplateUses
        from minipush.usecases.plan_stock import PlanStock
        from minipush.usecases.sync_templates import SyncTemplates
        from minipush.wechat.templates import AccountTemplates

        account = AccountTemplates(self.transport, self.tokens)
        plan_stock = PlanStock(self._stock_plans, self.templates, milliseconds)
        return TemplateUses(SyncTemplates(account, self.templates, milliseconds), self.templates, plan_stock)

    @cached_property
    def _check_fields(self) -> "CheckFields":
        from minipush.usecases.sending.check_fields import CheckFields

        return CheckFields(self.templates)

    @cached_property
    def _check_texts(self) -> "CheckTexts":
        from minipush.adapters.verdicts import DynamoVerdicts
        from minipush.usecases.check_texts import CheckTexts

        verdicts = DynamoVerdicts(self.dynamodb, self._settings.state_table)
        return CheckTexts(self._ask_of_text, verdicts, milliseconds)

    def _ask_of_text(self, text: str, openid: str) -> "Verdict":
        """WeChat's client is made for those who ask for a check."""
        from minipush.wechat.text_check import TextCheck

        return TextCheck(self.transport, self.tokens).check(text, openid)

    @cached_property
    def make_campaigns(self) -> "MakeCampaigns":
        from minipush.usecases.campaigns.make_campaigns import MakeCampaigns

        segments = self._settings.campaign_segments
        return MakeCampaigns(
            self.campaigns,
            self._check_fields,
            self._check_texts,
            self._set_schedule,
            self.control_campaigns,
            milliseconds,
            segments,
        )

    @cached_property
    def control_campaigns(self) -> "ControlCampaigns":
        from minipush.usecases.campaigns.control_campaigns import ControlCampaigns

        return ControlCampaigns(
            self.campaigns,
            self.segment_queue,
            self._remove_schedule,
            self._news,
            milliseconds,
        )

    @cached_property
    def tend_campaigns(self) -> "TendCampaigns":
        from minipush.usecases.campaigns.tend_campaigns import TendCampaigns

        return TendCampaigns(self.campaigns, self.control_campaigns, milliseconds)

    @cached_property
    def _carry_segment(self) -> "CarrySegment":
        from minipush.adapters.ledger import DynamoLedger
        from minipush.usecases.campaigns.carriage import Means
        from minipush.usecases.campaigns.carry_segment import CarrySegment
        from minipush.usecases.sending.delivery import Patience

        means = Means(
            self.campaigns,
            self._recipients,
            self.reports,
            self.control_campaigns,
            DynamoLedger(self.dynamodb, self._settings.users_table, tries=CLAIM_TRIES),
            self.messenger,
            self.rates,
            milliseconds,
            Patience(tries=10),
            self._settings.max_sends_per_second,
            self._settings.error_percent,
        )
        # What is there by now stays. The collector would go through it again and again while users come and go.
        gc.freeze()
        return CarrySegment(means, self.segment_queue)

    @cached_property
    def sweep_expired(self) -> "SweepExpired":
        from minipush.usecases.sweep_expired import SweepExpired

        return SweepExpired(self.sweeps, milliseconds, self._settings.sweep_grace_ms)

    @cached_property
    def _note_undelivered(self) -> "NoteUndelivered":
        from minipush.usecases.campaigns.find_line import FindLine
        from minipush.usecases.note_undelivered import NoteUndelivered

        return NoteUndelivered(self.users, self.campaigns, FindLine(self.campaigns, self.reports))
