"""Builders of use cases.

A collaborator that is rarely needed is passed as a lambda, which builds it on the first call.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipush.application.delivery.rate_limiter import RateLimiter
    from minipush.application.delivery.retry_policy import RetryPolicy
    from minipush.application.delivery.send_messages import SendMessages
    from minipush.application.delivery.sending_watch import SendingWatch
    from minipush.application.events.confirm_delivery import ConfirmDelivery
    from minipush.application.events.handle_wechat_event import HandleWeChatEvent
    from minipush.application.events.record_delivery_failure import RecordDeliveryFailure
    from minipush.application.idempotency import Idempotency
    from minipush.application.messages.check_fields import CheckFields
    from minipush.application.messages.check_text import CheckTexts
    from minipush.application.messages.known_templates import KnownTemplates
    from minipush.application.messages.refresh_templates import RefreshTemplates
    from minipush.application.messages.sync_templates import SyncTemplates
    from minipush.application.ports.rates import RateGate
    from minipush.application.read_status import ReadStatus
    from minipush.application.record_acts import RecordActs
    from minipush.application.record_statistics import RecordStatistics
    from minipush.container import Container

# ---- messages


def sync_templates(c: "Container") -> "SyncTemplates":
    from minipush.application.messages.sync_templates import SyncTemplates

    return SyncTemplates(c.account_templates, c.templates, c.clock)


def refresh_templates(c: "Container") -> "RefreshTemplates":
    from minipush.application.messages.refresh_templates import RefreshTemplates

    return RefreshTemplates(c.templates, c.sync_templates)


def known_templates(c: "Container") -> "KnownTemplates":
    from minipush.application.messages.known_templates import KnownTemplates

    return KnownTemplates(c.templates, c.subscription_targets)


def check_fields(c: "Container") -> "CheckFields":
    from minipush.application.messages.check_fields import CheckFields

    return CheckFields(c.templates, c.official_templates)


def check_texts(c: "Container") -> "CheckTexts":
    from minipush.application.messages.check_text import CheckTexts

    return CheckTexts(c.text_check, c.text_check_cache, c.clock)


def idempotency(c: "Container") -> "Idempotency":
    from minipush.application.idempotency import Idempotency

    return Idempotency(c.idempotency_store, c.clock)


def retry_policy(_: "Container") -> "RetryPolicy":
    """For direct sends. Workers have more time: see run_segment."""
    from minipush.application.delivery.retry_policy import RetryPolicy

    return RetryPolicy()


def rate_limiter(c: "Container") -> "RateLimiter":
    """For direct sends. Workers make one for each campaign."""
    from minipush.application.delivery.rate_limiter import RateLimiter

    return RateLimiter(c.rates, _account_limit(c))


def _account_limit(c: "Container") -> list[tuple[str, float]]:
    limit = c.settings.max_sends_per_second
    return [("account", limit)] if limit else []


def count_unproven(c: "Container") -> "Callable[[int], None]":
    def count(permits: int) -> None:
        from minipush.application.metrics import of_unproven

        c.count(of_unproven(permits))

    return count


def sending_watch(c: "Container") -> "SendingWatch":
    from minipush.application.delivery.sending_watch import SendingWatch

    return SendingWatch(c.sending_look)


def send_messages(c: "Container") -> "SendMessages":
    return _send_messages(c, c.rate_limiter, _account_limit(c))


def send_at_rate(c: "Container") -> "Callable[[str, int], SendMessages]":
    """Direct sends of an operator whose key has a rate. All processes share the rate."""
    from minipush.application.delivery.rate_limiter import RateLimiter

    @cache
    def made(operator: str, per_second: int) -> "SendMessages":
        limits = [*_account_limit(c), (f"operator#{operator}", float(per_second))]
        return _send_messages(c, RateLimiter(c.rates, limits), limits)

    return made


def _send_messages(c: "Container", rate_gate: "RateGate", limits: list[tuple[str, float]]) -> "SendMessages":
    """`limits`: those of `rate_gate`. A second check keeps to them, too."""
    from dataclasses import replace

    from minipush.application.delivery.deliver import Deliver
    from minipush.application.delivery.delivery import DeliveryDependencies
    from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
    from minipush.application.delivery.rate_limiter import RateLimiter
    from minipush.application.delivery.second_check import PER_SECOND, SecondCheck
    from minipush.application.delivery.send_messages import SendMessages

    dependencies = DeliveryDependencies(
        ledger=c.ledger,
        channel=c.channel,
        rate_gate=rate_gate,
        clock=c.clock,
        retry_policy=c.retry_policy,
        count_unproven=c.count_unproven,
    )
    slowly = replace(dependencies, rate_gate=RateLimiter(c.rates, [*limits, ("refused", PER_SECOND)]))
    second_check = SecondCheck(c.refusal_counts, Deliver(slowly).send_again, c.clock)
    guard = DirectRefusalGuard(c.ledger, c.refusal_counts, c.clock, second_check)
    return SendMessages(c.users, c.check_fields, Deliver(dependencies, guard.defer), guard, c.sending_watch)


def record_acts(c: "Container") -> "RecordActs":
    from minipush.application.record_acts import RecordActs
    from minipush.http.edge.audited import FREQUENT

    return RecordActs(c.audit, c.clock, FREQUENT)


def read_status(c: "Container") -> "ReadStatus":
    """Clients are built here: a session is for one thread at a time."""
    from minipush.adapters.wechat.token_status import token_status
    from minipush.application.read_status import ReadStatus, paused_by_themselves, synced_at

    signs, templates, campaigns, tokens = c.signs_of_life, c.templates, c.campaigns, c.tokens
    return ReadStatus(
        {
            "sweep": signs.last_sweep,
            "token": lambda: token_status(tokens, c.settings.wechat_token_mode),
            "callback_at": signs.last_callback,
            "templates_synced_at": lambda: synced_at(templates),
            "dead_letters": c.dead_letters.count,
            "paused_campaigns": lambda: paused_by_themselves(campaigns),
            "sending": c.sending_switch.read,
        }
    )


def record_statistics(c: "Container") -> "RecordStatistics":
    from minipush.application.record_statistics import RecordStatistics

    return RecordStatistics(lambda: c.statistics, c.clock)


# ---- events of WeChat


def handle_wechat_event(c: "Container") -> "HandleWeChatEvent":
    from minipush.application.events.handle_wechat_event import HandleWeChatEvent
    from minipush.application.permits.collect_permits import CollectPermits

    # When WeChat's events are the source of subscriptions, this use case stores the accepts, and POST /collect doesn't.
    by_event = c.settings.subscription_source == "callback"
    cap = c.settings.permits_per_user
    collect = CollectPermits(c.users, c.clock, cap, c.templates) if by_event else None
    return HandleWeChatEvent(
        c.users,
        c.processed_events,
        collect,
        lambda failure: c.record_delivery_failure(failure),
        lambda arrival: c.confirm_delivery(arrival),
        c.clock,
    )


def record_delivery_failure(c: "Container") -> "RecordDeliveryFailure":
    from minipush.application.events.find_report_entry import FindReportEntry
    from minipush.application.events.record_delivery_failure import RecordDeliveryFailure

    find = FindReportEntry(c.campaigns, c.reports)
    return RecordDeliveryFailure(c.users, c.campaigns, find, lambda: c.subscription_outcomes)


def confirm_delivery(c: "Container") -> "ConfirmDelivery":
    from minipush.application.events.confirm_delivery import ConfirmDelivery
    from minipush.application.events.find_report_entry import FindReportEntry
    from minipush.application.events.recorded_claims import RecordedClaims

    find = FindReportEntry(c.campaigns, c.reports)
    recorded = RecordedClaims(c.campaigns, c.clock)
    return ConfirmDelivery(c.users, c.campaigns, recorded, find, lambda: c.subscription_outcomes)
