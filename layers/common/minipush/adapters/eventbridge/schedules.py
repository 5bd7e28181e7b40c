"""The start times of campaigns, as one-time schedules of EventBridge Scheduler."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

# Later than this, the campaign would not start: see LATEST_START_MS of the campaign lifecycle.
START_WITHIN_SECONDS = 3600
TRIES = 185  # the Scheduler's limit; it backs off between them


class EventBridgeSchedules:
    """A schedule is named after its campaign's id, and is deleted once it has fired."""

    def __init__(
        self, client: "EventBridgeSchedulerClient", group: str, role_arn: str, target_arn: str
    ) -> None:
        self._client = client
        self._group = group
        self._role_arn = role_arn
        self._target_arn = target_arn

    @raises_store_error
    def set(self, campaign_id: str, at: int) -> None:
        schedule = self._schedule(campaign_id, at)
        try:
            self._client.create_schedule(**schedule)
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(**schedule)

    def _schedule(self, campaign_id: str, at: int) -> Any:
        """The event names the time: a campaign that was moved meanwhile does not start at the old one."""
        return {
            "Name": campaign_id,
            "GroupName": self._group,
            "ScheduleExpression": expression(at),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": self._target_arn,
                "RoleArn": self._role_arn,
                "Input": json.dumps({"campaign_id": campaign_id, "at": at}),
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": START_WITHIN_SECONDS,
                    "MaximumRetryAttempts": TRIES,
                },
            },
        }

    @raises_store_error
    def remove(self, campaign_id: str) -> None:
        try:
            self._client.delete_schedule(Name=campaign_id, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return


def expression(at: int) -> str:
    """An `at` expression for this time (ms), rounded up to whole seconds."""
    due = datetime.fromtimestamp(-(-at // 1000), UTC)
    return f"at({due:%Y-%m-%dT%H:%M:%S})"
