"""The collaborators of the message centre, beside those of every deployment: see the package."""

import os
from functools import cache, cached_property

from minipush.container import (
    Container,
    centre_broadcasts,
    centre_channels,
    centre_inbox,
    centre_moderation,
    centre_reminders,
    centre_services,
    centre_stores,
    centre_use_cases,
    container,
)
from minipush.container.collaborators import Collaborators
from minipush.settings.centre import CentreSettings


@cache
def message_centre() -> "MessageCentre":
    """The process's own message centre, from its environment."""
    return MessageCentre(container(), CentreSettings.read(os.environ))


class MessageCentre(Collaborators):
    """Every collaborator can be replaced by name: `MessageCentre(container, settings, apps=MemoryApps())`."""

    def __init__(self, container: Container, settings: CentreSettings, **collaborators: object) -> None:
        self.container = container
        self.settings = settings
        self.override(**collaborators)

    # ---- stores and queues
    cipher = cached_property(centre_stores.cipher)
    table = cached_property(centre_stores.table)
    apps = cached_property(centre_stores.apps)
    bindings = cached_property(centre_stores.bindings)
    personal_key_store = cached_property(centre_stores.personal_key_store)
    preferences = cached_property(centre_stores.preferences)
    inbox = cached_property(centre_stores.inbox)
    app_use = cached_property(centre_stores.app_use)
    addressees = cached_property(centre_stores.addressees)
    broadcast_store = cached_property(centre_broadcasts.broadcast_store)
    bound_users = cached_property(centre_broadcasts.bound_users)
    erasure = cached_property(centre_stores.erasure)
    complaints = cached_property(centre_moderation.complaints)
    sanctions = cached_property(centre_moderation.sanctions)
    channel_store = cached_property(centre_reminders.channel_store)
    code_limits = cached_property(centre_reminders.code_limits)
    channel_health = cached_property(centre_reminders.channel_health)
    channel_refusals = cached_property(centre_reminders.channel_refusals)
    reminder_store = cached_property(centre_reminders.reminder_store)
    readers = cached_property(centre_reminders.readers)
    reminder_queue = cached_property(centre_reminders.reminder_queue)
    reminder_dead_letters = cached_property(centre_reminders.reminder_dead_letters)

    # ---- channels of reminders
    reminder_settings = cached_property(centre_channels.reminder_settings)
    channel_secret = cached_property(centre_channels.channel_secret)
    ses = cached_property(centre_channels.ses)
    official_client = cached_property(centre_channels.official_client)
    send_messages = cached_property(centre_channels.send_messages)
    reminder_channel = cached_property(centre_channels.reminder_channel)
    read_channel_address = cached_property(centre_channels.read_channel_address)
    find_linked_channel = cached_property(centre_reminders.find_linked_channel)

    # ---- use cases
    bind_app = cached_property(centre_use_cases.bind_app)
    confirm_binding = cached_property(centre_use_cases.confirm_binding)
    change_binding = cached_property(centre_use_cases.change_binding)
    personal_keys = cached_property(centre_use_cases.personal_keys)
    known_apps = cached_property(centre_use_cases.known_apps)
    register_app = cached_property(centre_use_cases.register_app)
    circuit_breakers = cached_property(centre_reminders.circuit_breakers)
    failed_tries = cached_property(centre_reminders.failed_tries)
    control_channels = cached_property(centre_reminders.control_channels)
    own_channels = cached_property(centre_reminders.own_channels)
    app_standing = cached_property(centre_reminders.app_standing)
    read_reminder = cached_property(centre_reminders.read_reminder)
    unsubscribe_tokens = cached_property(centre_reminders.unsubscribe_tokens)
    run_reminders = cached_property(centre_reminders.run_reminders)
    record_mail_feedback = cached_property(centre_reminders.record_mail_feedback)
    read_inbox = cached_property(centre_inbox.read_inbox)
    count_unread = cached_property(centre_inbox.count_unread)
    mark_read = cached_property(centre_inbox.mark_read)
    delete_messages = cached_property(centre_inbox.delete_messages)
    limit_pushes = cached_property(centre_inbox.limit_pushes)
    push_message = cached_property(centre_inbox.push_message)
    push_messages = cached_property(centre_inbox.push_messages)
    push_idempotency = cached_property(centre_inbox.push_idempotency)
    recall_reminder = cached_property(centre_inbox.recall_reminder)
    read_receipt = cached_property(centre_inbox.read_receipt)
    recall_message = cached_property(centre_inbox.recall_message)
    push_with_key = cached_property(centre_inbox.push_with_key)
    start_broadcast = cached_property(centre_broadcasts.start_broadcast)
    count_bound_users = cached_property(centre_broadcasts.count_bound_users)
    delivery_threads = cached_property(centre_broadcasts.delivery_threads)
    broadcasts = cached_property(centre_broadcasts.broadcasts)

    # ---- complaints, sanctions and the text check
    text_checks = cached_property(centre_moderation.text_checks)
    check_push_text = cached_property(centre_moderation.check_push_text)
    check_inbox_texts = cached_property(centre_moderation.check_inbox_texts)
    complain = cached_property(centre_moderation.complain)
    decide_complaint = cached_property(centre_moderation.decide_complaint)
    sanction_app = cached_property(centre_moderation.sanction_app)
    appeal_sanction = cached_property(centre_moderation.appeal_sanction)
    decide_appeal = cached_property(centre_moderation.decide_appeal)
    read_cases = cached_property(centre_moderation.read_cases)

    # ---- HTTP
    access = cached_property(centre_services.access)
    service = cached_property(centre_services.service)
    unsubscribe_page = cached_property(centre_reminders.unsubscribe_page)
    push_by_key = cached_property(centre_services.push_by_key)
