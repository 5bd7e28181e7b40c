"""WeChat's events in the domain's terms."""

from minipush.domain.messages import Reason
from minipush.domain.subscription_events import (
    DeliveriesReported,
    FailedDelivery,
    PopupAnswered,
    SettingsChanged,
    SubscriptionChoice,
    SubscriptionEvent,
)
from minipush.wechat.errcodes import reaction_to
from minipush.wechat.events import ChangeEvent, Choice, DeliveryReport, Event, PopupEvent, SentEvent


def subscription_event(event: Event) -> SubscriptionEvent:
    match event:
        case PopupEvent():
            return PopupAnswered(event.openid, event.created_at, _choices(event.entries))
        case ChangeEvent():
            return SettingsChanged(event.openid, event.created_at, _choices(event.entries))
        case SentEvent():
            return DeliveriesReported(event.openid, event.created_at, _failures(event.entries))


def reason_of(errcode: int | None) -> Reason:
    """The public reason of a failed message: `wechat_unavailable` without an errcode or for 0."""
    reason = reaction_to(errcode or 0).reason
    return Reason(reason) if reason else Reason.WECHAT_UNAVAILABLE


def _choices(entries: tuple[Choice, ...]) -> tuple[SubscriptionChoice, ...]:
    return tuple(SubscriptionChoice(choice.template_id, choice.status) for choice in entries)


def _failures(reports: tuple[DeliveryReport, ...]) -> tuple[FailedDelivery, ...]:
    return tuple(
        FailedDelivery(report.template_id, report.msgid, report.errcode, reason_of(report.errcode))
        for report in reports
        if report.errcode != 0
    )
