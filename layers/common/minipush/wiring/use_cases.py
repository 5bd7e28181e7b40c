"""The use cases, wired: each on first use, kept for warm invocations."""

import gc
from functools import cached_property
from typing import TYPE_CHECKING

from minipush.wiring.clients import milliseconds
from minipush.wiring.stores import Stores

if TYPE_CHECKING:
    from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
    from minipush.application.campaigns.create_campaign import CreateCampaign
    from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
    from minipush.application.campaigns.worker.run_segment import RunSegment
    from minipush.application.delivery.send_messages import SendMessages
    from minipush.application.events.record_delivery_failure import RecordDeliveryFailure
    from minipush.application.messages.check_fields import CheckFields
    from minipush.application.messages.check_text import CheckTexts
    from minipush.application.permits.collect_permits import CollectPermits
    from minipush.application.permits.sweep_expired import SweepExpired
    from minipush.application.prompts.choose_prompt import ChoosePrompt
    from minipush.domain.prompts import Ask
    from minipush.http.routes.campaigns import CampaignServices
    from minipush.http.routes.templates import TemplateServices
    from minipush.wechat.text_check import Verdict


# A worker has the time to wait for a table that grows into a campaign: some six seconds.
CLAIM_TRIES = 7


class UseCases(Stores):
    def _next_ask(self, openid: str, sdk_version: str | None) -> "Ask":
        """A method, so that only who asks has it wired."""
        return self._ask_next(openid, sdk_version)

    @cached_property
    def _ask_next(self) -> "ChoosePrompt":
        from minipush.application.prompts.choose_prompt import ChoosePrompt

        return ChoosePrompt(self.users, self._stock_plans, self.templates, milliseconds)

    @cached_property
    def collect_permits(self) -> "CollectPermits":
        from minipush.application.permits.collect_permits import CollectPermits

        return CollectPermits(
            self.users,
            milliseconds,
            self._settings.permits_per_user,
            subscriptions=self._settings.subscription_source == "client",
        )

    @cached_property
    def send_messages(self) -> "SendMessages":
        from minipush.application.delivery.deliver import Deliver
        from minipush.application.delivery.delivery import DeliveryDependencies, RetryPolicy
        from minipush.application.delivery.rate_limiter import RateLimiter
        from minipush.application.delivery.send_messages import SendMessages

        limit = self._settings.max_sends_per_second
        rate_limiter = RateLimiter(self.rates, [("account", limit)] if limit else [])
        dependencies = DeliveryDependencies(
            ledger=self.ledger,
            channel=self.channel,
            rate_gate=rate_limiter,
            clock=milliseconds,
            retry_policy=RetryPolicy(),
        )
        return SendMessages(self.users, self._check_fields, Deliver(dependencies))

    @cached_property
    def _campaign_uses(self) -> "CampaignServices":
        from minipush.application.campaigns.dry_run import DryRun
        from minipush.application.campaigns.read_campaigns import ReadCampaigns
        from minipush.http.routes.campaigns import CampaignServices

        dry_run = DryRun(
            self._recipients,
            self._check_fields,
            self._check_texts,
            milliseconds,
            self._settings.campaign_segments,
            self._settings.max_sends_per_second,
        )
        show = ReadCampaigns(self.campaigns, self.reports)
        return CampaignServices(self.create_campaign, dry_run, show, self.campaign_lifecycle)

    @cached_property
    def _template_uses(self) -> "TemplateServices":
        from minipush.application.messages.sync_templates import SyncTemplates
        from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
        from minipush.http.routes.templates import TemplateServices
        from minipush.wechat.templates import AccountTemplates

        account = AccountTemplates(self.transport, self.tokens)
        set_subscription_targets = SetSubscriptionTargets(self._stock_plans, self.templates, milliseconds)
        return TemplateServices(
            SyncTemplates(account, self.templates, milliseconds), self.templates, set_subscription_targets
        )

    @cached_property
    def _check_fields(self) -> "CheckFields":
        from minipush.application.messages.check_fields import CheckFields

        return CheckFields(self.templates)

    @cached_property
    def _check_texts(self) -> "CheckTexts":
        from minipush.adapters.dynamodb.state.text_check_cache import DynamoTextCheckCache
        from minipush.application.messages.check_text import CheckTexts

        verdicts = DynamoTextCheckCache(self.dynamodb, self._settings.state_table)
        return CheckTexts(self._ask_of_text, verdicts, milliseconds)

    def _ask_of_text(self, text: str, openid: str) -> "Verdict":
        """WeChat's client is made for those who ask for a check."""
        from minipush.wechat.text_check import TextCheck

        return TextCheck(self.transport, self.tokens).check(text, openid)

    @cached_property
    def create_campaign(self) -> "CreateCampaign":
        from minipush.application.campaigns.create_campaign import CreateCampaign

        segments = self._settings.campaign_segments
        return CreateCampaign(
            self.campaigns,
            self._check_fields,
            self._check_texts,
            self._set_schedule,
            self.campaign_lifecycle,
            milliseconds,
            segments,
        )

    @cached_property
    def campaign_lifecycle(self) -> "CampaignLifecycle":
        from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle

        return CampaignLifecycle(
            self.campaigns,
            self.segment_queue,
            self._remove_schedule,
            self._campaign_events,
            milliseconds,
        )

    @cached_property
    def reconcile_campaigns(self) -> "ReconcileCampaigns":
        from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns

        return ReconcileCampaigns(self.campaigns, self.campaign_lifecycle, milliseconds)

    @cached_property
    def _carry_segment(self) -> "RunSegment":
        from minipush.adapters.dynamodb.users.ledger import DynamoLedger
        from minipush.application.campaigns.worker.run_segment import RunSegment
        from minipush.application.campaigns.worker.segment_runner import WorkerDependencies
        from minipush.application.delivery.delivery import RetryPolicy

        dependencies = WorkerDependencies(
            self.campaigns,
            self._recipients,
            self.reports,
            self.campaign_lifecycle,
            DynamoLedger(self.dynamodb, self._settings.users_table, tries=CLAIM_TRIES),
            self.channel,
            self.rates,
            milliseconds,
            RetryPolicy(tries=10),
            self._settings.max_sends_per_second,
            self._settings.error_percent,
        )
        # What is there by now stays. The collector would go through it again and again while users come and go.
        gc.freeze()
        return RunSegment(dependencies, self.segment_queue)

    @cached_property
    def sweep_expired(self) -> "SweepExpired":
        from minipush.application.permits.sweep_expired import SweepExpired

        return SweepExpired(self.sweeps, milliseconds, self._settings.sweep_grace_ms)

    @cached_property
    def _note_undelivered(self) -> "RecordDeliveryFailure":
        from minipush.application.events.find_report_entry import FindReportEntry
        from minipush.application.events.record_delivery_failure import RecordDeliveryFailure

        return RecordDeliveryFailure(
            self.users, self.campaigns, FindReportEntry(self.campaigns, self.reports)
        )
