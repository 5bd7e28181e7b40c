"""What is kept, wired: where users, campaigns and all else lie."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from minipush.wiring.world import AWS_CALLS, World, milliseconds

if TYPE_CHECKING:
    from minipush.adapters.campaigns import DynamoCampaignStore
    from minipush.adapters.ledger import DynamoLedger
    from minipush.adapters.news import EventBridgeNews
    from minipush.adapters.recipients import DynamoRecipients
    from minipush.adapters.reports import S3Reports
    from minipush.adapters.segment_queue import SqsSegmentQueue
    from minipush.adapters.stock import DynamoStockPlans
    from minipush.adapters.sweeps import DynamoSweepStore
    from minipush.adapters.templates import DynamoTemplates
    from minipush.adapters.users import DynamoUserStore
    from minipush.http.access import Access
    from minipush.usecases.campaigns.ports import Schedules
    from minipush.usecases.ports import Rates


class Stores(World):
    @cached_property
    def ledger(self) -> "DynamoLedger":
        from minipush.adapters.ledger import DynamoLedger

        return DynamoLedger(self.dynamodb, self._settings.users_table)

    @cached_property
    def users(self) -> "DynamoUserStore":
        from minipush.adapters.users import DynamoUserStore

        return DynamoUserStore(self.dynamodb, self._settings.users_table)

    @cached_property
    def sweeps(self) -> "DynamoSweepStore":
        from minipush.adapters.sweeps import DynamoSweepStore

        return DynamoSweepStore(self.dynamodb, self._settings.users_table, self._settings.state_table)

    @cached_property
    def templates(self) -> "DynamoTemplates":
        from minipush.adapters.templates import DynamoTemplates

        return DynamoTemplates(self.dynamodb, self._settings.state_table)

    @cached_property
    def _stock_plans(self) -> "DynamoStockPlans":
        from minipush.adapters.stock import DynamoStockPlans

        return DynamoStockPlans(self.dynamodb, self._settings.state_table)

    @cached_property
    def access(self) -> "Access":
        from minipush.http.access import Access

        return Access(
            lambda: self._secrets.read(self._settings.access_secret_arn),
            milliseconds,
            self._settings.session_seconds,
        )

    @cached_property
    def _recipients(self) -> "DynamoRecipients":
        from minipush.adapters.recipients import DynamoRecipients

        return DynamoRecipients(self.dynamodb, self._settings.users_table, self.campaigns)

    @cached_property
    def campaigns(self) -> "DynamoCampaignStore":
        from minipush.adapters.campaigns import DynamoCampaignStore

        settings = self._settings
        return DynamoCampaignStore(self.dynamodb, settings.campaigns_table, settings.campaign_days)

    @cached_property
    def segment_queue(self) -> "SqsSegmentQueue":
        from minipush.adapters.segment_queue import SqsSegmentQueue

        return SqsSegmentQueue(boto3.client("sqs", config=AWS_CALLS), self._settings.campaign_queue_url)

    @cached_property
    def reports(self) -> "S3Reports":
        from minipush.adapters.reports import S3Reports

        return S3Reports(boto3.client("s3", config=AWS_CALLS), self._settings.reports_bucket)

    @cached_property
    def _schedules(self) -> "Schedules":
        from minipush.adapters.schedules import EventBridgeSchedules
        from minipush.settings import ScheduleSettings

        settings = ScheduleSettings.read(os.environ)
        client = boto3.client("scheduler", config=AWS_CALLS)
        return EventBridgeSchedules(client, settings.group, settings.role_arn, settings.target_arn)

    def _set_schedule(self, campaign_id: str, at: int) -> None:
        self._schedules.set(campaign_id, at)

    def _remove_schedule(self, campaign_id: str) -> None:
        self._schedules.remove(campaign_id)

    @cached_property
    def _news(self) -> "EventBridgeNews":
        from minipush.adapters.news import EventBridgeNews

        return EventBridgeNews(boto3.client("events", config=AWS_CALLS), self._settings.event_bus)

    @cached_property
    def rates(self) -> "Rates":
        from minipush.adapters.rates import DynamoRates, RedisRates

        if self._redis:
            return RedisRates(self._redis)
        return DynamoRates(self.dynamodb, self._settings.state_table)
