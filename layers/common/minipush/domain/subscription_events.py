"""What WeChat reports of subscriptions: popup answers, changed settings, and what became of messages.

All events carry the openid of one user and `created_at`, in seconds since the epoch.
"""

from dataclasses import dataclass

from minipush.domain.deliveries import ReportedArrival, ReportedFailure


@dataclass(frozen=True, slots=True)
class SubscriptionChoice:
    """`result` is the user's choice for the template: `accept`, `reject` or another word of WeChat's."""

    template_id: str
    result: str


@dataclass(frozen=True, slots=True)
class PopupAnswered:
    """The user answered wx.requestSubscribeMessage."""

    openid: str
    created_at: int
    choices: tuple[SubscriptionChoice, ...]


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The user changed the subscriptions in the mini-program's settings."""

    openid: str
    created_at: int
    choices: tuple[SubscriptionChoice, ...]


@dataclass(frozen=True, slots=True)
class DeliveriesReported:
    """WeChat reports what became of messages that it had accepted."""

    openid: str
    created_at: int
    failures: tuple[ReportedFailure, ...] = ()
    arrivals: tuple[ReportedArrival, ...] = ()


type SubscriptionEvent = PopupAnswered | SettingsChanged | DeliveriesReported
