"""The worker's collaborators, and how they become a runner for one segment."""

from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.batch_recorder import BatchRecorder
from minipush.application.campaigns.worker.batch_sender import BatchSender
from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor
from minipush.application.campaigns.worker.recipient_batches import BatchReader
from minipush.application.campaigns.worker.refusal_guard import RefusalGuard
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.campaigns.worker.segment_lease import SegmentLease
from minipush.application.campaigns.worker.segment_runner import SegmentRunner
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.campaigns.worker.stop_controller import StopController
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, RetryPolicy
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.ports.campaigns import CampaignStore, Recipients, Reports
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.messenger import Messenger
from minipush.application.ports.rates import RateReservations
from minipush.domain.campaigns import Campaign, Segment
from minipush.domain.messages import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDependencies:
    """`max_sends_per_second`: the account's rate, 0 for no limit. `reason_of`: the reason for an errcode."""

    store: CampaignStore
    recipients: Recipients
    reports: Reports
    lifecycle: CampaignLifecycle
    ledger: Ledger
    messenger: Messenger
    rates: RateReservations
    clock: Clock
    reason_of: Callable[[int], Reason]
    retry_policy: RetryPolicy
    error_percent: int
    max_sends_per_second: int = 0
    settings: WorkerSettings = field(default_factory=WorkerSettings)

    def rate_limiter(self, campaign: Campaign) -> RateLimiter:
        limits = {"account": self.max_sends_per_second, campaign.id: campaign.plan.max_per_second}
        return RateLimiter(self.rates, [(name, limit) for name, limit in limits.items() if limit])

    def error_rate_monitor(self, *, ignores_refusals: bool) -> ErrorRateMonitor:
        return ErrorRateMonitor(
            self.error_percent, self.reason_of, self.settings, ignores_refusals=ignores_refusals
        )


def segment_runner(
    dependencies: WorkerDependencies,
    campaign: Campaign,
    segment: Segment,
    deadline: float,
    keep_alive: Callable[[], None],
) -> SegmentRunner:
    """`deadline` is on time.monotonic(); `keep_alive` hides the message in the queue from other workers."""
    store, clock, settings = dependencies.store, dependencies.clock, dependencies.settings
    stop_at, resolve_by = deadline - settings.landing_seconds, deadline - settings.saving_seconds
    rate_limiter = dependencies.rate_limiter(campaign)
    lease = SegmentLease(store, segment, clock, stop_at, keep_alive, settings)
    stops = StopController(campaign.id, lease, dependencies.lifecycle)
    refusal_guard = RefusalGuard(
        dependencies.ledger, rate_limiter, segment, clock, resolve_by, settings.refusals
    )
    return SegmentRunner(
        lease=lease,
        stops=stops,
        rate_limiter=rate_limiter,
        reader=BatchReader(dependencies.recipients, campaign, segment, clock, settings),
        sender=BatchSender(
            deliver=_deliver(dependencies, rate_limiter, refusal_guard),
            delivery=_delivery(campaign, segment, deadline - settings.writing_seconds, lease),
            refusal_guard=refusal_guard,
            # Refusals are no errors until they are believed; the recorder's monitor counts those.
            error_rate=dependencies.error_rate_monitor(ignores_refusals=True),
            stops=stops,
        ),
        recorder=BatchRecorder(
            checkpoint=SegmentCheckpoint(store, dependencies.reports, segment, clock, settings),
            refusal_guard=refusal_guard,
            error_rate=dependencies.error_rate_monitor(ignores_refusals=False),
            stops=stops,
            settings=settings,
        ),
        settings=settings,
    )


def _deliver(
    dependencies: WorkerDependencies, rate_limiter: RateLimiter, refusal_guard: RefusalGuard
) -> Deliver:
    return Deliver(
        dependencies.ledger,
        dependencies.messenger,
        rate_limiter,
        dependencies.clock,
        dependencies.retry_policy,
        refusal_guard.hold,
    )


def _delivery(campaign: Campaign, segment: Segment, deadline: float, lease: SegmentLease) -> Delivery:
    return Delivery(
        campaign.id,
        segment.owner,
        campaign.plan.message,
        deadline,
        campaign.plan.frequency_cap,
        lease.is_stopped,
    )
