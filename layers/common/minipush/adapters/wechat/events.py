"""WeChat's events in the domain's terms."""

from minipush.adapters.wechat.reasons import reason_of
from minipush.domain.deliveries import ReportedArrival, ReportedFailure
from minipush.domain.subscription_events import (
    DeliveriesReported,
    PopupAnswered,
    SettingsChanged,
    SubscriptionChoice,
    SubscriptionEvent,
)
from minipush.wechat.events import ChangeEvent, Choice, DeliveryReport, Event, PopupEvent, SentEvent


def subscription_event(event: Event) -> SubscriptionEvent:
    match event:
        case PopupEvent():
            return PopupAnswered(event.openid, event.created_at, _choices(event.entries))
        case ChangeEvent():
            return SettingsChanged(event.openid, event.created_at, _choices(event.entries))
        case SentEvent():
            return DeliveriesReported(event.openid, event.created_at, _failures(event), _arrivals(event))


def _choices(entries: tuple[Choice, ...]) -> tuple[SubscriptionChoice, ...]:
    return tuple(SubscriptionChoice(choice.template_id, choice.status) for choice in entries)


def _failures(event: SentEvent) -> tuple[ReportedFailure, ...]:
    return tuple(_failure(event, report) for report in event.entries if report.errcode != 0)


def _arrivals(event: SentEvent) -> tuple[ReportedArrival, ...]:
    """Without those that WeChat gave no template or msgid for: they settle nothing."""
    return tuple(
        ReportedArrival(
            openid=event.openid,
            template_id=report.template_id,
            msgid=report.msgid,
            at=event.created_at * 1000,
        )
        for report in event.entries
        if report.errcode == 0 and report.template_id and report.msgid
    )


def _failure(event: SentEvent, report: DeliveryReport) -> ReportedFailure:
    return ReportedFailure(
        openid=event.openid,
        template_id=report.template_id,
        msgid=report.msgid,
        errcode=report.errcode,
        reason=reason_of(report.errcode),
        at=event.created_at * 1000,
    )
