"""Reminders in the Centre table: the attributes `r_…` of inbox messages."""

from typing import Final

from minipush.adapters.dynamodb.centre.inbox_items import (
    moved_to,
    number,
    read_message,
    read_reminder,
    reminder_attributes,
    user_key,
)
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.updates import Attributes, update
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ReminderState

# Every attribute that a state can have.
ATTRIBUTES: Final = (
    "r_status", "r_until", "r_channel", "r_tried", "r_in_doubt", "r_owner", "r_lease", "r_first", "r_tries", "r_finds",
    "r_reason", "r_provider", "r_official", "r_report",
)  # fmt: skip


class DynamoReminders:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def read(self, openid: str, sk: str) -> InboxMessage | None:
        item = self._table.get(user_key(openid, sk))
        return read_message(item) if item and moved_to(item) is None else None

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        condition, compared = _is_still(before)
        written = reminder_attributes(after)
        changes = {name: written.get(name) for name in ATTRIBUTES}
        where = user_key(openid, sk)
        if self._table.update(where, update(condition, compared, changes)) is not None:
            return True
        # The SDK may have repeated a write whose answer was lost.
        there = read_reminder(self._table.get(where))
        return there is not None and _version(there) == _version(after) and after.owner is not None


def _version(state: ReminderState) -> tuple[object, ...]:
    """Every claim has an owner of its own; every pause changes the status or the lease."""
    return state.status, state.owner, state.lease_until


def _is_still(state: ReminderState) -> tuple[str, Attributes]:
    owner = "#r_owner = :owner" if state.owner else "attribute_not_exists(#r_owner)"
    lease = "#r_lease = :lease" if state.lease_until else "attribute_not_exists(#r_lease)"
    compared = {
        "status": {"S": state.status.value},
        "owner": {"S": state.owner} if state.owner else None,
        "lease": number(state.lease_until) if state.lease_until else None,
    }
    return f"#r_status = :status AND {owner} AND {lease}", compared
