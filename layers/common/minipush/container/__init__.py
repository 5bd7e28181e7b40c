"""All collaborators of a deployment by name. Each is built on first use and kept for warm invocations.

The modules beside this one build them and import what they need as late as that, so that a function's cold start
pays for nothing that the function doesn't use.
"""

import gc
import os
from contextlib import ExitStack
from functools import cache, cached_property

from minipush.container import (
    campaign_use_cases,
    clients,
    late_outcomes,
    official,
    services,
    stores,
    use_cases,
    user_use_cases,
    wechat,
)
from minipush.container import followers as official_followers
from minipush.container.collaborators import Collaborators
from minipush.settings import Settings


@cache
def container() -> "Container":
    """The process's own container, from its environment. It takes over what minipush's modules log."""
    made = Container(Settings.read(os.environ))
    _ = made.logger
    # No later collection looks at what has been imported.
    gc.freeze()
    return made


class Container(Collaborators):
    """Every collaborator can be replaced by name: `Container(settings, ledger=MemoryLedger())`.

    `closing` holds what `close` undoes, in reverse order.
    """

    def __init__(self, settings: Settings, **collaborators: object) -> None:
        self.settings = settings
        self.closing = ExitStack()
        self.override(**collaborators)

    def close(self) -> None:
        """Close connections and the event loop."""
        self.closing.close()

    # ---- process, AWS
    clock = cached_property(clients.clock)
    logger = cached_property(clients.logger)
    name_request = cached_property(clients.name_request)
    metrics = cached_property(clients.metrics)
    count = cached_property(clients.count)
    loop = cached_property(clients.loop)
    sqs = cached_property(clients.sqs)
    aws_session = cached_property(clients.aws_session)
    dynamodb = cached_property(clients.dynamodb)
    event_loop_calls = cached_property(clients.event_loop_calls)
    audit_dynamodb = cached_property(clients.audit_dynamodb)
    redis = cached_property(clients.redis)
    secrets = cached_property(clients.secrets)

    # ---- WeChat
    app_secret = cached_property(wechat.app_secret)
    transport = cached_property(wechat.transport)
    send_transport = cached_property(wechat.send_transport)
    token_store = cached_property(wechat.token_store)
    tokens = cached_property(wechat.tokens)
    wechat_sender = cached_property(wechat.wechat_sender)
    channel = cached_property(wechat.channel)
    sessions = cached_property(wechat.sessions)
    account_templates = cached_property(wechat.account_templates)
    read_quota = cached_property(wechat.read_quota)
    text_check = cached_property(wechat.text_check)
    read_callback = cached_property(wechat.read_callback)

    # ---- the official account
    official_settings = cached_property(official.official_settings)
    official_transport = cached_property(official.official_transport)
    official_tokens = cached_property(official.official_tokens)
    official_client = cached_property(official.official_client)
    official_templates = cached_property(official.official_templates)
    official_account_templates = cached_property(official.official_account_templates)
    sync_official_templates = cached_property(official.sync_official_templates)
    refresh_official_templates = cached_property(official.refresh_official_templates)
    followers = cached_property(official_followers.followers)
    follower_syncs = cached_property(official_followers.follower_syncs)
    follower_source = cached_property(official_followers.follower_source)
    official_queue = cached_property(official_followers.official_queue)
    map_user = cached_property(official_followers.map_user)
    map_follower = cached_property(official_followers.map_follower)
    start_follower_sync = cached_property(official_followers.start_follower_sync)
    sync_followers = cached_property(official_followers.sync_followers)
    handle_official_event = cached_property(official_followers.handle_official_event)
    do_official_work = cached_property(official_followers.do_official_work)
    read_official_callback = cached_property(official_followers.read_official_callback)
    official_callback = cached_property(official_followers.official_callback)

    # ---- stores, queues and buses
    users = cached_property(stores.users)
    histories = cached_property(stores.histories)
    tag_store = cached_property(stores.tag_store)
    ledger = cached_property(stores.ledger)
    worker_ledger = cached_property(stores.worker_ledger)
    recipients = cached_property(stores.recipients)
    sweeps = cached_property(stores.sweeps)
    campaigns = cached_property(stores.campaigns)
    running_segments = cached_property(stores.running_segments)
    segment_queue = cached_property(stores.segment_queue)
    reports = cached_property(stores.reports)
    report_pages = cached_property(stores.report_pages)
    schedules = cached_property(stores.schedules)
    campaign_events = cached_property(stores.campaign_events)
    rates = cached_property(stores.rates)
    refusal_counts = cached_property(stores.refusal_counts)
    statistics = cached_property(stores.statistics)
    statistics_reader = cached_property(stores.statistics_reader)
    signs_of_life = cached_property(stores.signs_of_life)
    dead_letters = cached_property(stores.dead_letters)
    sending_switch = cached_property(stores.sending_switch)
    sending_look = cached_property(stores.sending_look)
    templates = cached_property(stores.templates)
    subscription_targets = cached_property(stores.subscription_targets)
    idempotency_store = cached_property(stores.idempotency_store)
    processed_events = cached_property(stores.processed_events)
    used_nonces = cached_property(stores.used_nonces)
    text_check_cache = cached_property(stores.text_check_cache)
    audit = cached_property(stores.audit)

    # ---- use cases
    log_in = cached_property(user_use_cases.log_in)
    change_settings = cached_property(user_use_cases.change_settings)
    collect_permits = cached_property(user_use_cases.collect_permits)
    add_permits = cached_property(user_use_cases.add_permits)
    change_tags = cached_property(user_use_cases.change_tags)
    list_users = cached_property(user_use_cases.list_users)
    read_timeline = cached_property(user_use_cases.read_timeline)
    choose_prompt = cached_property(user_use_cases.choose_prompt)
    set_subscription_targets = cached_property(user_use_cases.set_subscription_targets)
    sync_templates = cached_property(use_cases.sync_templates)
    refresh_templates = cached_property(use_cases.refresh_templates)
    known_templates = cached_property(use_cases.known_templates)
    check_fields = cached_property(use_cases.check_fields)
    check_texts = cached_property(use_cases.check_texts)
    idempotency = cached_property(use_cases.idempotency)
    retry_policy = cached_property(use_cases.retry_policy)
    rate_limiter = cached_property(use_cases.rate_limiter)
    count_unproven = cached_property(use_cases.count_unproven)
    sending_watch = cached_property(use_cases.sending_watch)
    send_messages = cached_property(use_cases.send_messages)
    read_status = cached_property(use_cases.read_status)
    record_statistics = cached_property(use_cases.record_statistics)
    record_acts = cached_property(use_cases.record_acts)
    send_at_rate = cached_property(use_cases.send_at_rate)
    create_campaign = cached_property(campaign_use_cases.create_campaign)
    assess_audience = cached_property(campaign_use_cases.assess_audience)
    edit_campaign = cached_property(campaign_use_cases.edit_campaign)
    campaign_lifecycle = cached_property(campaign_use_cases.campaign_lifecycle)
    switch_sending = cached_property(campaign_use_cases.switch_sending)
    read_campaigns = cached_property(campaign_use_cases.read_campaigns)
    read_report = cached_property(campaign_use_cases.read_report)
    read_minutes = cached_property(campaign_use_cases.read_minutes)
    find_recipient = cached_property(campaign_use_cases.find_recipient)
    dry_run = cached_property(campaign_use_cases.dry_run)
    reconcile_campaigns = cached_property(campaign_use_cases.reconcile_campaigns)
    worker_settings = cached_property(campaign_use_cases.worker_settings)
    worker_retry_policy = cached_property(campaign_use_cases.worker_retry_policy)
    broadcasts = cached_property(campaign_use_cases.broadcasts)
    run_segment = cached_property(campaign_use_cases.run_segment)
    run_segments = cached_property(campaign_use_cases.run_segments)
    finish_sweep = cached_property(user_use_cases.finish_sweep)
    sweep_expired = cached_property(user_use_cases.sweep_expired)
    handle_wechat_event = cached_property(use_cases.handle_wechat_event)
    record_delivery_failure = cached_property(use_cases.record_delivery_failure)
    confirm_delivery = cached_property(use_cases.confirm_delivery)
    fail_official_reminder = cached_property(late_outcomes.fail_official_reminder)
    block_official_channel = cached_property(late_outcomes.block_official_channel)
    subscription_outcomes = cached_property(late_outcomes.subscription_outcomes)

    # ---- HTTP
    access_secret = cached_property(services.access_secret)
    access = cached_property(services.access)
    wechat_callback = cached_property(services.wechat_callback)
    mini_program_service = cached_property(services.mini_program_service)
    operators_service = cached_property(services.operators_service)
