"""The collaborators of all of a worker's segments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.doubt_limit import DoubtLimit
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.campaigns import CampaignStore, Recipients, ReportPages, RunningSegments
from minipush.application.ports.channel import Channel
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.rates import RateReservations
from minipush.application.ports.templates import TemplateStore
from minipush.domain.campaigns import Campaign, ErrorWindow
from minipush.domain.messages import Reason
from minipush.errors import StoreError

if TYPE_CHECKING:
    from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
    from minipush.application.campaigns.worker.broadcasts import Broadcasts


def no_broadcasts() -> NoReturn:
    raise StoreError("this worker has no message centre")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDependencies:
    """`max_sends_per_second`: the account's rate, 0 for no limit. `reason_of`: the reason for an errcode.

    `lifecycle` and `broadcasts` are called before each use: no worker needs them at its start.
    """

    store: CampaignStore
    segments: RunningSegments
    recipients: Recipients
    reports: ReportPages
    templates: TemplateStore
    lifecycle: "Callable[[], CampaignLifecycle]"
    ledger: Ledger
    channel: Channel
    rates: RateReservations
    sending: SendingWatch
    clock: Clock
    reason_of: Callable[[int], Reason]
    retry_policy: RetryPolicy
    error_percent: int
    count_unproven: Callable[[int], None] = lambda _: None
    """Told how many permits were invalidated without a call."""
    broadcasts: "Callable[[], Broadcasts]" = no_broadcasts
    max_sends_per_second: int = 0
    settings: WorkerSettings = field(default_factory=WorkerSettings)

    def rate_limiter(self, campaign: Campaign) -> RateLimiter:
        limits = {"account": self.max_sends_per_second, campaign.id: campaign.plan.max_per_second}
        return RateLimiter(self.rates, [(name, limit) for name, limit in limits.items() if limit])

    def error_rate_monitor(
        self, doubt_limit: DoubtLimit, window: ErrorWindow, *, ignores_refusals: bool
    ) -> ErrorRateMonitor:
        return ErrorRateMonitor(
            self.error_percent,
            self.reason_of,
            self.settings,
            doubt_limit,
            window,
            ignores_refusals=ignores_refusals,
        )
