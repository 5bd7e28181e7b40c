"""Builders of what WeChat's callbacks need of the message centre. Each is None if the deployment has none.

They take the Centre table, and nothing else of the message centre's settings.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.centre.table import CentreTable
    from minipush.application.centre.late_outcomes import (
        BlockOfficialChannel,
        FailOfficialReminder,
        SubscriptionOutcomes,
    )
    from minipush.container import Container


def _table(c: "Container") -> "CentreTable | None":
    name = os.environ.get("CENTRE_TABLE")
    if not name:
        return None
    from minipush.adapters.dynamodb.centre.table import CentreTable

    return CentreTable(c.dynamodb, name)


def fail_official_reminder(c: "Container") -> "FailOfficialReminder | None":
    table = _table(c)
    if table is None:
        return None
    from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
    from minipush.adapters.dynamodb.centre.reminders import DynamoReminders
    from minipush.application.centre.late_outcomes import FailOfficialReminder

    return FailOfficialReminder(
        inbox=DynamoInboxStore(table), reminders=DynamoReminders(table), users=c.users, clock=c.clock
    )


def block_official_channel(c: "Container") -> "BlockOfficialChannel | None":
    table = _table(c)
    if table is None:
        return None
    from minipush.adapters.dynamodb.centre.channels import DynamoDeadChannels
    from minipush.application.centre.late_outcomes import BlockOfficialChannel

    return BlockOfficialChannel(channels=DynamoDeadChannels(table), clock=c.clock)


def subscription_outcomes(c: "Container") -> "SubscriptionOutcomes | None":
    table = _table(c)
    if table is None:
        return None
    from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
    from minipush.adapters.dynamodb.centre.reminders import DynamoReminders
    from minipush.application.centre.late_outcomes import SubscriptionOutcomes

    return SubscriptionOutcomes(
        inbox=DynamoInboxStore(table), reminders=DynamoReminders(table), clock=c.clock
    )
