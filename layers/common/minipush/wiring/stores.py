"""What is kept, wired: where users, campaigns and all else lie."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from minipush.wiring.clients import AWS_CALLS, Clients, milliseconds

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
    from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore
    from minipush.adapters.dynamodb.state.templates import DynamoTemplates
    from minipush.adapters.dynamodb.users.ledger import DynamoLedger
    from minipush.adapters.dynamodb.users.recipients import DynamoRecipients
    from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
    from minipush.adapters.dynamodb.users.users import DynamoUserStore
    from minipush.adapters.eventbridge.campaign_events import EventBridgeCampaignEvents
    from minipush.adapters.s3_reports import S3Reports
    from minipush.adapters.sqs import SqsSegmentQueue
    from minipush.application.ports.campaigns import Schedules
    from minipush.application.ports.rates import RateReservations
    from minipush.http.edge.access import Access


class Stores(Clients):
    @cached_property
    def ledger(self) -> "DynamoLedger":
        from minipush.adapters.dynamodb.users.ledger import DynamoLedger

        return DynamoLedger(self.dynamodb, self._settings.users_table)

    @cached_property
    def users(self) -> "DynamoUserStore":
        from minipush.adapters.dynamodb.users.users import DynamoUserStore

        return DynamoUserStore(self.dynamodb, self._settings.users_table)

    @cached_property
    def sweeps(self) -> "DynamoSweepStore":
        from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore

        return DynamoSweepStore(self.dynamodb, self._settings.users_table, self._settings.state_table)

    @cached_property
    def templates(self) -> "DynamoTemplates":
        from minipush.adapters.dynamodb.state.templates import DynamoTemplates

        return DynamoTemplates(self.dynamodb, self._settings.state_table)

    @cached_property
    def _stock_plans(self) -> "DynamoTargetStore":
        from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore

        return DynamoTargetStore(self.dynamodb, self._settings.state_table)

    @cached_property
    def access(self) -> "Access":
        from minipush.http.edge.access import Access

        return Access(
            lambda: self._secrets.read(self._settings.access_secret_arn),
            milliseconds,
            self._settings.session_seconds,
        )

    @cached_property
    def _recipients(self) -> "DynamoRecipients":
        from minipush.adapters.dynamodb.users.recipients import DynamoRecipients

        return DynamoRecipients(self.dynamodb, self._settings.users_table, self.campaigns)

    @cached_property
    def campaigns(self) -> "DynamoCampaignStore":
        from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
        from minipush.channels import message_type

        table, days = self._settings.campaigns_table, self._settings.campaign_days
        return DynamoCampaignStore(self.dynamodb, table, days, message_type)

    @cached_property
    def segment_queue(self) -> "SqsSegmentQueue":
        from minipush.adapters.sqs import SqsSegmentQueue

        return SqsSegmentQueue(boto3.client("sqs", config=AWS_CALLS), self._settings.campaign_queue_url)

    @cached_property
    def reports(self) -> "S3Reports":
        from minipush.adapters.s3_reports import S3Reports

        return S3Reports(boto3.client("s3", config=AWS_CALLS), self._settings.reports_bucket)

    @cached_property
    def _schedules(self) -> "Schedules":
        from minipush.adapters.eventbridge.schedules import EventBridgeSchedules
        from minipush.settings import ScheduleSettings

        settings = ScheduleSettings.read(os.environ)
        client = boto3.client("scheduler", config=AWS_CALLS)
        return EventBridgeSchedules(client, settings.group, settings.role_arn, settings.target_arn)

    def _set_schedule(self, campaign_id: str, at: int) -> None:
        self._schedules.set(campaign_id, at)

    def _remove_schedule(self, campaign_id: str) -> None:
        self._schedules.remove(campaign_id)

    @cached_property
    def _campaign_events(self) -> "EventBridgeCampaignEvents":
        from minipush.adapters.eventbridge.campaign_events import EventBridgeCampaignEvents

        return EventBridgeCampaignEvents(boto3.client("events", config=AWS_CALLS), self._settings.event_bus)

    @cached_property
    def rates(self) -> "RateReservations":
        from minipush.adapters.dynamodb.state.rates import DynamoRateReservations
        from minipush.adapters.redis.rates import RedisRateReservations

        if self._redis:
            return RedisRateReservations(self._redis)
        return DynamoRateReservations(self.dynamodb, self._settings.state_table)
