"""Builders of what reminders need: channels, their health, queues, use cases."""

import os
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.centre.channels import DynamoChannels
    from minipush.adapters.dynamodb.centre.code_limits import DynamoCodeLimits
    from minipush.adapters.dynamodb.centre.readers import DynamoReaders
    from minipush.adapters.dynamodb.centre.reminders import DynamoReminders
    from minipush.adapters.sqs_reminders import SqsReminderDeadLetters, SqsReminderQueue
    from minipush.application.centre.circuit_breakers import CircuitBreakers
    from minipush.application.centre.control_channels import ControlChannels
    from minipush.application.centre.failed_tries import FailedTries
    from minipush.application.centre.own_channels import FindLinked, OwnChannels
    from minipush.application.centre.read_reminder import ReadReminder, ReadStanding
    from minipush.application.centre.record_mail_feedback import RecordMailFeedback
    from minipush.application.centre.run_reminders import RunReminders
    from minipush.application.centre.unsubscribe import UnsubscribeTokens
    from minipush.application.ports.centre.channel_health import ChannelHealthStore
    from minipush.application.ports.centre.channel_refusals import ChannelRefusalStore
    from minipush.container.message_centre import MessageCentre
    from minipush.http.routes.centre.unsubscribe import UnsubscribePage


def channel_store(m: "MessageCentre") -> "DynamoChannels":
    from minipush.adapters.dynamodb.centre.channels import DynamoChannels

    return DynamoChannels(m.table, m.cipher)


def code_limits(m: "MessageCentre") -> "DynamoCodeLimits":
    from minipush.adapters.dynamodb.centre.code_limits import DynamoCodeLimits

    return DynamoCodeLimits(m.table)


def reminder_store(m: "MessageCentre") -> "DynamoReminders":
    from minipush.adapters.dynamodb.centre.reminders import DynamoReminders

    return DynamoReminders(m.table)


def channel_health(m: "MessageCentre") -> "ChannelHealthStore":
    c = m.container
    from minipush.adapters.dynamodb.state.channel_health import DynamoChannelHealth

    account = c.settings.account
    in_table = DynamoChannelHealth(c.dynamodb, c.settings.state_table, account)
    if not c.redis:
        return in_table
    from minipush.adapters.redis.channel_health import RedisChannelHealth

    return RedisChannelHealth(c.redis, in_table, account)


def reminder_queue(m: "MessageCentre") -> "SqsReminderQueue":
    from minipush.adapters.sqs_reminders import SqsReminderQueue

    c = m.container
    return SqsReminderQueue(c.sqs(), m.settings.queue_urls, c.clock)


def reminder_dead_letters(m: "MessageCentre") -> "SqsReminderDeadLetters":
    from minipush.adapters.sqs_reminders import SqsReminderDeadLetters
    from minipush.settings.centre import dead_letter_urls

    sqs = m.container.sqs()
    return SqsReminderDeadLetters(sqs, m.settings.queue_urls, dead_letter_urls(os.environ))


def circuit_breakers(m: "MessageCentre") -> "CircuitBreakers":
    from minipush.application.centre.circuit_breakers import CircuitBreakers

    return CircuitBreakers(m.channel_health, m.container.clock)


def channel_refusals(m: "MessageCentre") -> "ChannelRefusalStore":
    from minipush.adapters.dynamodb.state.channel_refusals import DynamoChannelRefusals

    c = m.container
    return DynamoChannelRefusals(c.dynamodb, c.settings.state_table, c.settings.account)


def failed_tries(m: "MessageCentre") -> "FailedTries":
    from minipush.application.centre.failed_tries import FailedTries

    return FailedTries(m.channel_refusals, m.container.clock)


def control_channels(m: "MessageCentre") -> "ControlChannels":
    from minipush.application.centre.control_channels import ControlChannels

    return ControlChannels(
        health=m.channel_health,
        refusals=m.channel_refusals,
        dead_letters=m.reminder_dead_letters,
        clock=m.container.clock,
    )


def find_linked_channel(m: "MessageCentre") -> "FindLinked":
    """Channels inside WeChat."""
    from minipush.application.centre.find_linked_channel import FindLinkedChannel
    from minipush.channels import SUBSCRIBE_MESSAGE

    c, settings = m.container, m.reminder_settings
    return FindLinkedChannel(
        c.users,
        c.clock,
        subscribe=SUBSCRIBE_MESSAGE,
        subscribe_template=settings.subscribe_reminder_template,
        has_official=bool(settings.official_reminder_template),
    )


def own_channels(m: "MessageCentre") -> "OwnChannels":
    from minipush.application.centre.own_channels import OwnChannels

    secrets, arn = m.container.secrets, m.settings.secret_arn
    return OwnChannels(
        store=m.channel_store,
        limits=m.code_limits,
        channel=m.reminder_channel,
        read_address=m.read_channel_address,
        find_linked=m.find_linked_channel,
        health=m.channel_health,
        failed_tries=m.failed_tries,
        key=lambda: str(secrets.read(arn)["encryption_key"]).encode(),
        sending=m.container.sending_watch,
        clock=m.container.clock,
    )


def readers(m: "MessageCentre") -> "DynamoReaders":
    from minipush.adapters.dynamodb.centre.readers import DynamoReaders

    return DynamoReaders(m.table, m.channel_store)


def app_standing(m: "MessageCentre") -> "ReadStanding":
    from minipush.application.centre.read_reminder import AppStanding

    def read(appid: str) -> AppStanding:
        app, now = m.known_apps.read(appid), m.container.clock()
        if app is None:
            return AppStanding(is_banned=True)
        return AppStanding(is_banned=app.is_banned(now), is_held=not app.may_remind(now))

    return read


def read_reminder(m: "MessageCentre") -> "ReadReminder":
    from minipush.application.centre.read_reminder import ReadReminder

    c = m.container
    return ReadReminder(
        reminders=m.reminder_store,
        readers=m.readers,
        standing=m.app_standing,
        user_settings=lambda openid: c.users.read_settings(openid).settings,
        clock=c.clock,
    )


def unsubscribe_tokens(m: "MessageCentre") -> "UnsubscribeTokens":
    from minipush.application.centre.unsubscribe import UnsubscribeTokens

    secrets, arn = m.container.secrets, m.settings.secret_arn
    return UnsubscribeTokens(lambda: str(secrets.read(arn)["encryption_key"]).encode())


def unsubscribe_page(m: "MessageCentre") -> "UnsubscribePage":
    from minipush.application.centre.unsubscribe import Unsubscribe
    from minipush.http.routes.centre.unsubscribe import UnsubscribePage

    return UnsubscribePage(Unsubscribe(m.unsubscribe_tokens, m.readers.mute), m.container.name_request)


def run_reminders(m: "MessageCentre") -> "RunReminders":
    """For the queue of this function."""
    from minipush.application.centre.run_reminder import RunReminder
    from minipush.application.centre.run_reminders import RunReminders
    from minipush.application.centre.send_reminder import SendReminder
    from minipush.application.centre.unsubscribe import UnsubscribeLinks
    from minipush.settings.centre import reminder_queue_name

    send = SendReminder(
        channel=m.reminder_channel,
        channels=m.channel_store,
        breakers=m.circuit_breakers,
        failed_tries=m.failed_tries,
        sending=m.container.sending_watch,
        clock=m.container.clock,
        unsubscribe_url=UnsubscribeLinks(m.settings.public_url, m.unsubscribe_tokens),
    )
    run = RunReminder(
        queue_name=reminder_queue_name(os.environ),
        read_facts=m.read_reminder,
        store=m.reminder_store,
        queue=m.reminder_queue,
        send=send,
        clock=m.container.clock,
        new_owner=lambda: uuid.uuid4().hex,
    )
    return RunReminders(run, m.circuit_breakers, m.container.sending_watch, m.container.count)


def record_mail_feedback(m: "MessageCentre") -> "RecordMailFeedback":
    from minipush.application.centre.record_mail_feedback import RecordMailFeedback

    return RecordMailFeedback(
        owner_of=m.addressees.owner_of,
        read_token=m.unsubscribe_tokens.read,
        inbox=m.inbox,
        reminders=m.reminder_store,
        channels=m.channel_store,
        mute=m.readers.mute,
        clock=m.container.clock,
    )
