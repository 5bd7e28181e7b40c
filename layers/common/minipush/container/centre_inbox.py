"""Builders of the use cases of inboxes, and of pushes into them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.application.centre.change_inbox import DeleteMessages, MarkRead
    from minipush.application.centre.limit_pushes import LimitPushes
    from minipush.application.centre.push_message import PushMessage
    from minipush.application.centre.push_messages import PushMessages
    from minipush.application.centre.push_with_key import PushWithKey
    from minipush.application.centre.read_inbox import CountUnread, ReadInbox
    from minipush.application.centre.recall_reminder import RecallReminder
    from minipush.application.centre.sent_messages import ReadReceipt, RecallMessage
    from minipush.application.idempotency import Idempotency
    from minipush.container.message_centre import MessageCentre


def read_inbox(m: "MessageCentre") -> "ReadInbox":
    from minipush.application.centre.read_inbox import ReadInbox

    return ReadInbox(m.inbox, m.container.clock, m.check_inbox_texts)


def count_unread(m: "MessageCentre") -> "CountUnread":
    from minipush.application.centre.read_inbox import CountUnread

    return CountUnread(m.inbox, m.container.clock)


def mark_read(m: "MessageCentre") -> "MarkRead":
    from minipush.application.centre.change_inbox import MarkRead

    return MarkRead(m.inbox, m.container.clock)


def delete_messages(m: "MessageCentre") -> "DeleteMessages":
    from minipush.application.centre.change_inbox import DeleteMessages

    return DeleteMessages(m.inbox, m.container.clock)


# ---- pushes


def limit_pushes(m: "MessageCentre") -> "LimitPushes":
    from minipush.application.centre.limit_pushes import LimitPushes

    return LimitPushes(m.app_use, m.container.clock)


def push_message(m: "MessageCentre") -> "PushMessage":
    from minipush.application.centre.push_message import PushMessage

    return PushMessage(m.inbox, m.reminder_queue, m.addressees.is_there, m.container.clock)


def push_messages(m: "MessageCentre") -> "PushMessages":
    from minipush.application.centre.push_messages import PushMessages

    return PushMessages(m.addressees, m.push_message, m.limit_pushes, m.check_push_text, m.container.clock)


def push_idempotency(m: "MessageCentre") -> "Idempotency":
    from minipush.application.centre.push_message import work_id
    from minipush.application.idempotency import Idempotency

    clock = m.container.clock
    return Idempotency(m.container.idempotency_store, clock, lambda: work_id(clock()))


def recall_reminder(m: "MessageCentre") -> "RecallReminder":
    from minipush.application.centre.recall_reminder import RecallReminder

    return RecallReminder(m.reminder_queue)


def read_receipt(m: "MessageCentre") -> "ReadReceipt":
    from minipush.application.centre.sent_messages import ReadReceipt

    return ReadReceipt(m.inbox, m.addressees.owner_of, lambda openid: m.preferences.read(openid).receipts)


def recall_message(m: "MessageCentre") -> "RecallMessage":
    from minipush.application.centre.sent_messages import RecallMessage

    return RecallMessage(m.inbox, m.addressees.owner_of, m.recall_reminder)


def push_with_key(m: "MessageCentre") -> "PushWithKey":
    from minipush.application.centre.push_with_key import PushWithKey

    return PushWithKey(m.addressees, m.inbox, m.push_message, m.recall_reminder, m.container.clock)
