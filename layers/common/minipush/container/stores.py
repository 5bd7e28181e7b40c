"""Builders of stores, the segment queue, schedules and the event bus."""

import os
from functools import partial
from typing import TYPE_CHECKING

from minipush.container.clients import AWS_CALLS, made_once

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.audit import DynamoAuditStore
    from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
    from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
    from minipush.adapters.dynamodb.state.idempotency import DynamoIdempotencyStore
    from minipush.adapters.dynamodb.state.processed_events import DynamoProcessedEvents
    from minipush.adapters.dynamodb.state.refusals import DynamoRefusalCounts
    from minipush.adapters.dynamodb.state.sending import DynamoSendingSwitch
    from minipush.adapters.dynamodb.state.sending_look import DynamoSendingLook
    from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife
    from minipush.adapters.dynamodb.state.statistics import DynamoStatistics
    from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore
    from minipush.adapters.dynamodb.state.templates import DynamoTemplates
    from minipush.adapters.dynamodb.state.text_check_cache import DynamoTextCheckCache
    from minipush.adapters.dynamodb.state.used_nonces import DynamoUsedNonces
    from minipush.adapters.dynamodb.users.histories import DynamoHistoryStore
    from minipush.adapters.dynamodb.users.ledger import DynamoLedger
    from minipush.adapters.dynamodb.users.recipients import DynamoRecipients
    from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
    from minipush.adapters.dynamodb.users.tags import DynamoTagStore
    from minipush.adapters.dynamodb.users.users import DynamoUserStore
    from minipush.adapters.eventbridge.campaign_events import EventBridgeCampaignEvents
    from minipush.adapters.s3_report_pages import S3ReportPages
    from minipush.adapters.s3_reports import S3Reports
    from minipush.adapters.sqs import SqsSegmentQueue
    from minipush.adapters.sqs_dead_letters import SqsDeadLetters
    from minipush.application.ports.campaigns import Schedules
    from minipush.application.ports.rates import RateReservations
    from minipush.container import Container

# A worker has the time to wait, some six seconds, for a table that grows into a campaign.
WORKER_CLAIM_TRIES = 7


def _official_appid() -> str:
    """Empty if the deployment has no official account."""
    return os.environ.get("OFFICIAL_APPID", "")


def users(c: "Container") -> "DynamoUserStore":
    from minipush.adapters.dynamodb.users.users import DynamoUserStore

    return DynamoUserStore(c.dynamodb, c.settings.users_table, _official_appid())


def tag_store(c: "Container") -> "DynamoTagStore":
    from minipush.adapters.dynamodb.users.tags import DynamoTagStore

    return DynamoTagStore(c.dynamodb, c.settings.users_table)


def histories(c: "Container") -> "DynamoHistoryStore":
    from minipush.adapters.dynamodb.users.histories import DynamoHistoryStore

    return DynamoHistoryStore(c.dynamodb, c.settings.users_table)


def ledger(c: "Container") -> "DynamoLedger":
    from minipush.adapters.dynamodb.users.ledger import DynamoLedger

    return DynamoLedger(c.dynamodb, c.event_loop_calls, c.settings.users_table)


def worker_ledger(c: "Container") -> "DynamoLedger":
    from minipush.adapters.dynamodb.users.ledger import DynamoLedger

    table = c.settings.users_table
    return DynamoLedger(c.dynamodb, c.event_loop_calls, table, tries=WORKER_CLAIM_TRIES)


def recipients(c: "Container") -> "DynamoRecipients":
    from minipush.adapters.dynamodb.users.recipients import DynamoRecipients

    return DynamoRecipients(c.dynamodb, c.settings.users_table, c.campaigns, _official_appid())


def sweeps(c: "Container") -> "DynamoSweepStore":
    from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore

    settings = c.settings
    return DynamoSweepStore(c.dynamodb, settings.users_table, settings.state_table, settings.account)


def campaigns(c: "Container") -> "DynamoCampaignStore":
    from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
    from minipush.channels import message_type

    return DynamoCampaignStore(c.dynamodb, c.settings.campaigns_table, c.settings.campaign_days, message_type)


def running_segments(c: "Container") -> "DynamoRunningSegments":
    from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
    from minipush.adapters.dynamodb.state.statistics_items import addition_in_transaction

    settings = c.settings
    addition = partial(addition_in_transaction, settings.state_table, settings.account)
    return DynamoRunningSegments(
        c.event_loop_calls, settings.campaigns_table, settings.campaign_days, addition
    )


def segment_queue(c: "Container") -> "SqsSegmentQueue":
    from minipush.adapters.sqs import SqsSegmentQueue

    return SqsSegmentQueue(c.sqs, c.settings.campaign_queue_url)


def reports(c: "Container") -> "S3Reports":
    from minipush.adapters.s3_reports import S3Reports

    return S3Reports(
        made_once(lambda: c.aws_session.client("s3", config=AWS_CALLS)), c.settings.reports_bucket
    )


def report_pages(c: "Container") -> "S3ReportPages":
    from minipush.adapters.s3_report_pages import S3ReportPages

    # As botocore finds the endpoint of an emulator.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    return S3ReportPages(c.dynamodb, c.settings.reports_bucket, endpoint)


def schedules(c: "Container") -> "Schedules":
    from minipush.adapters.eventbridge.schedules import EventBridgeSchedules
    from minipush.settings import ScheduleSettings

    settings = ScheduleSettings.read(os.environ)
    client = c.aws_session.client("scheduler", config=AWS_CALLS)
    return EventBridgeSchedules(client, settings.group, settings.role_arn, settings.target_arn)


def campaign_events(c: "Container") -> "EventBridgeCampaignEvents":
    from minipush.adapters.eventbridge.campaign_events import EventBridgeCampaignEvents

    client = made_once(lambda: c.aws_session.client("events", config=AWS_CALLS))
    return EventBridgeCampaignEvents(client, c.settings.event_bus)


def rates(c: "Container") -> "RateReservations":
    from minipush.adapters.dynamodb.state.rates import DynamoRateReservations

    account = c.settings.account
    in_table = DynamoRateReservations(c.event_loop_calls, c.settings.state_table, account)
    if not c.redis:
        return in_table
    from minipush.adapters.redis.rates import RedisRateReservations

    return RedisRateReservations(c.redis, in_table, account)


def refusal_counts(c: "Container") -> "DynamoRefusalCounts":
    from minipush.adapters.dynamodb.state.refusals import DynamoRefusalCounts

    return DynamoRefusalCounts(c.dynamodb, c.settings.state_table, c.settings.account)


def statistics(c: "Container") -> "DynamoStatistics":
    """Written when the work is done: the answer doesn't wait for a table that hangs."""
    from minipush.adapters.dynamodb.state.statistics import DynamoStatistics

    return DynamoStatistics(c.audit_dynamodb, c.settings.state_table, c.settings.account)


def statistics_reader(c: "Container") -> "DynamoStatistics":
    from minipush.adapters.dynamodb.state.statistics import DynamoStatistics

    return DynamoStatistics(c.dynamodb, c.settings.state_table, c.settings.account)


def signs_of_life(c: "Container") -> "DynamoSignsOfLife":
    from minipush.adapters.dynamodb.state.signs_of_life import DynamoSignsOfLife

    return DynamoSignsOfLife(c.dynamodb, c.settings.state_table, c.settings.account)


def dead_letters(c: "Container") -> "SqsDeadLetters":
    from minipush.adapters.sqs_dead_letters import SqsDeadLetters
    from minipush.settings import dead_letter_urls

    return SqsDeadLetters(c.sqs(), dead_letter_urls(os.environ))


def sending_switch(c: "Container") -> "DynamoSendingSwitch":
    from minipush.adapters.dynamodb.state.sending import DynamoSendingSwitch

    return DynamoSendingSwitch(c.dynamodb, c.settings.state_table, c.settings.account)


def sending_look(c: "Container") -> "DynamoSendingLook":
    from minipush.adapters.dynamodb.state.sending_look import DynamoSendingLook

    return DynamoSendingLook(c.event_loop_calls, c.settings.state_table, c.settings.account)


def templates(c: "Container") -> "DynamoTemplates":
    from minipush.adapters.dynamodb.state.templates import DynamoTemplates

    return DynamoTemplates(c.dynamodb, c.settings.state_table, c.settings.account)


def subscription_targets(c: "Container") -> "DynamoTargetStore":
    from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore

    return DynamoTargetStore(c.dynamodb, c.settings.state_table, c.settings.account)


def idempotency_store(c: "Container") -> "DynamoIdempotencyStore":
    from minipush.adapters.dynamodb.state.idempotency import DynamoIdempotencyStore

    return DynamoIdempotencyStore(c.dynamodb, c.settings.state_table)


def processed_events(c: "Container") -> "DynamoProcessedEvents":
    from minipush.adapters.dynamodb.state.processed_events import DynamoProcessedEvents

    return DynamoProcessedEvents(c.dynamodb, c.settings.state_table)


def used_nonces(c: "Container") -> "DynamoUsedNonces":
    from minipush.adapters.dynamodb.state.used_nonces import DynamoUsedNonces

    return DynamoUsedNonces(c.dynamodb, c.settings.state_table)


def audit(c: "Container") -> "DynamoAuditStore":
    from minipush.adapters.dynamodb.audit import DynamoAuditStore
    from minipush.settings import own_setting

    return DynamoAuditStore(c.audit_dynamodb, own_setting(os.environ, "AUDIT_TABLE"))


def text_check_cache(c: "Container") -> "DynamoTextCheckCache":
    from minipush.adapters.dynamodb.state.text_check_cache import DynamoTextCheckCache

    return DynamoTextCheckCache(c.dynamodb, c.settings.state_table)
