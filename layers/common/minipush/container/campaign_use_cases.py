"""Builders of the use cases of campaigns, and of the worker that runs them."""

import gc
import os
from typing import TYPE_CHECKING

from minipush.container.clients import name_segment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from minipush.application.campaigns.assess_audience import AssessAudience
    from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
    from minipush.application.campaigns.create_campaign import CreateCampaign
    from minipush.application.campaigns.dry_run import DryRun
    from minipush.application.campaigns.edit_campaign import EditCampaign
    from minipush.application.campaigns.find_recipient import FindRecipient
    from minipush.application.campaigns.read_campaigns import ReadCampaigns
    from minipush.application.campaigns.read_minutes import ReadMinutes
    from minipush.application.campaigns.read_report import ReadReport
    from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
    from minipush.application.campaigns.switch_sending import SwitchSending
    from minipush.application.campaigns.worker.broadcasts import Broadcasts
    from minipush.application.campaigns.worker.run_segment import RunSegment
    from minipush.application.campaigns.worker.run_segments import RunSegments
    from minipush.application.campaigns.worker.settings import WorkerSettings
    from minipush.application.delivery.retry_policy import RetryPolicy
    from minipush.application.metric_names import Metric
    from minipush.container import Container
    from minipush.domain.counts import Counts

WORKER_TRIES = 10
WORKERS_THRESHOLDS = (50_000, 10, 10)


def create_campaign(c: "Container") -> "CreateCampaign":
    from minipush.application.campaigns.create_campaign import CreateCampaign

    return CreateCampaign(
        store=c.campaigns,
        check_fields=c.check_fields,
        check_texts=c.check_texts,
        lifecycle=c.campaign_lifecycle,
        count_audience=lambda plan: c.dry_run.count_audience(plan),
        assess=c.assess_audience,
        clock=c.clock,
        segments=c.settings.campaign_segments,
        account_rate=c.settings.max_sends_per_second,
    )


def assess_audience(c: "Container") -> "AssessAudience":
    from minipush.application.campaigns.assess_audience import AssessAudience

    return AssessAudience(c.sweeps, c.clock)


def campaign_lifecycle(c: "Container") -> "CampaignLifecycle":
    from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle

    return CampaignLifecycle(
        c.campaigns, c.segment_queue, lambda: c.schedules, c.campaign_events, c.clock, c.sending_switch
    )


def switch_sending(c: "Container") -> "SwitchSending":
    from minipush.application.campaigns.switch_sending import SwitchSending

    return SwitchSending(c.sending_switch, c.campaigns, c.campaign_lifecycle, c.clock)


def edit_campaign(c: "Container") -> "EditCampaign":
    from minipush.application.campaigns.edit_campaign import EditCampaign

    return EditCampaign(c.campaigns, c.create_campaign, c.campaign_lifecycle, c.clock)


def read_campaigns(c: "Container") -> "ReadCampaigns":
    from minipush.application.campaigns.read_campaigns import ReadCampaigns

    return ReadCampaigns(c.campaigns, c.clock)


def read_report(c: "Container") -> "ReadReport":
    from minipush.application.campaigns.read_report import ReadReport

    return ReadReport(c.campaigns, c.reports)


def read_minutes(c: "Container") -> "ReadMinutes":
    from minipush.application.campaigns.read_minutes import ReadMinutes

    return ReadMinutes(c.campaigns)


def find_recipient(c: "Container") -> "FindRecipient":
    from minipush.application.campaigns.find_recipient import FindRecipient
    from minipush.application.events.find_report_entry import FindReportEntry

    find = FindReportEntry(c.campaigns, c.reports)
    return FindRecipient(c.campaigns, c.users, find, c.read_report, c.clock)


def dry_run(c: "Container") -> "DryRun":
    from minipush.application.campaigns.dry_run import DryRun, DryRunSettings

    settings = DryRunSettings(
        segments=c.settings.campaign_segments, max_sends_per_second=c.settings.max_sends_per_second
    )
    return DryRun(c.recipients, c.check_fields, c.check_texts, c.clock, settings, c.read_quota)


def reconcile_campaigns(c: "Container") -> "ReconcileCampaigns":
    from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns

    return ReconcileCampaigns(c.campaigns, c.segment_queue, c.campaign_lifecycle, c.clock, c.sending_switch)


def worker_settings(_: "Container") -> "WorkerSettings":
    from minipush.application.campaigns.worker.settings import WorkerSettings

    return WorkerSettings()


def worker_retry_policy(_: "Container") -> "RetryPolicy":
    from minipush.application.delivery.retry_policy import RetryPolicy

    return RetryPolicy(tries=WORKER_TRIES)


def broadcasts(c: "Container") -> "Broadcasts":
    """For a worker of a deployment with a message centre."""
    from minipush.container.message_centre import MessageCentre
    from minipush.settings.centre import CentreSettings

    return MessageCentre(c, CentreSettings.read(os.environ)).broadcasts


def run_segment(c: "Container") -> "RunSegment":
    from minipush.adapters.wechat.reasons import reason_of
    from minipush.application.campaigns.worker.dependencies import WorkerDependencies
    from minipush.application.campaigns.worker.run_segment import RunSegment

    dependencies = WorkerDependencies(
        store=c.campaigns,
        segments=c.running_segments,
        recipients=c.recipients,
        reports=c.report_pages,
        templates=c.templates,
        lifecycle=lambda: c.campaign_lifecycle,
        ledger=c.worker_ledger,
        channel=c.channel,
        rates=c.rates,
        sending=c.sending_watch,
        clock=c.clock,
        reason_of=reason_of,
        broadcasts=lambda: c.broadcasts,
        retry_policy=c.worker_retry_policy,
        count_unproven=c.count_unproven,
        error_percent=c.settings.error_percent,
        max_sends_per_second=c.settings.max_sends_per_second,
        settings=c.worker_settings,
    )
    # Freeze start-up objects so that the collector doesn't rescan them while users come and go.
    gc.freeze()
    # A worker runs for minutes. A page of users makes some ten thousand objects that end with it: a collection for
    # each two thousand, as in any Python, goes through them again and again, and takes a tenth of the CPU.
    gc.set_threshold(*WORKERS_THRESHOLDS)
    return RunSegment(dependencies, c.segment_queue)


def run_segments(c: "Container") -> "RunSegments":
    from minipush.application.campaigns.worker.run_segments import RunSegments

    def count(counts: "Mapping[Metric, int]") -> None:
        c.count(counts)

    async def run(campaign_id: str, number: int, *about: "Any", **more: "Any") -> "Counts":
        name_segment(c, campaign_id, number)
        return await c.run_segment(campaign_id, number, *about, **more)

    return RunSegments(run, c.segment_queue, count, c.worker_settings)
