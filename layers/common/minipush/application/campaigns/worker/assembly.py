"""Assembles a SegmentRunner for one segment from the worker's dependencies."""

from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.campaigns.worker.batch_recorder import BatchRecorder
from minipush.application.campaigns.worker.batch_sender import BatchSender
from minipush.application.campaigns.worker.calls_in_flight import CallsInFlight
from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.recipient_batches import BatchReader
from minipush.application.campaigns.worker.refusal_guard import RefusalGuard
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.campaigns.worker.segment_lease import SegmentLease
from minipush.application.campaigns.worker.segment_runner import SegmentRunner
from minipush.application.campaigns.worker.stop_controller import StopController
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.doubt_limit import DoubtLimit
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.domain.campaigns import Campaign, Segment


@dataclass(frozen=True, slots=True)
class SegmentRun:
    """What a worker was told to run.

    `deadline` is on time.monotonic(); `keep_alive` hides the message in the queue from other workers; once
    `is_handed_back()` is true, no new batch starts.
    """

    campaign: Campaign
    segment: Segment
    deadline: float
    keep_alive: Callable[[], None]
    is_handed_back: Callable[[], bool]
    calls_in_flight: CallsInFlight
    doubt_limit: DoubtLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run of a segment, with the parts that sending and recording share."""

    dependencies: WorkerDependencies
    campaign: Campaign
    segment: Segment
    deadline: float
    lease: SegmentLease
    stops: StopController
    rate_limiter: RateLimiter
    refusal_guard: RefusalGuard
    doubt_limit: DoubtLimit


def assemble_runner(
    dependencies: WorkerDependencies, segment_run: SegmentRun, *, is_long_term: bool | None
) -> SegmentRunner:
    """`is_long_term`: what the sync says of the message's template."""
    run = _run(dependencies, segment_run)
    campaign, segment, settings = run.campaign, run.segment, dependencies.settings
    return SegmentRunner(
        lease=run.lease,
        stops=run.stops,
        rate_limiter=run.rate_limiter,
        calls_in_flight=segment_run.calls_in_flight,
        reader=BatchReader(dependencies.recipients, campaign, segment, dependencies.clock, settings),
        sender=_sender(run, is_long_term),
        recorder=_recorder(run),
        settings=settings,
    )


def _run(dependencies: WorkerDependencies, run: SegmentRun) -> _Run:
    clock, settings = dependencies.clock, dependencies.settings
    lease = SegmentLease(
        dependencies.store,
        run.segment,
        clock,
        run.deadline - settings.landing_seconds,
        run.keep_alive,
        run.is_handed_back,
        settings,
    )
    resolve_by = run.deadline - settings.saving_seconds
    rate_limiter = dependencies.rate_limiter(run.campaign)
    return _Run(
        dependencies=dependencies,
        campaign=run.campaign,
        segment=run.segment,
        deadline=run.deadline,
        lease=lease,
        stops=StopController(run.campaign.id, lease, dependencies.lifecycle),
        rate_limiter=rate_limiter,
        refusal_guard=RefusalGuard(
            dependencies.ledger, rate_limiter, run.segment, clock, resolve_by, settings.refusals
        ),
        doubt_limit=run.doubt_limit,
    )


def _sender(run: _Run, is_long_term: bool | None) -> BatchSender:  # noqa: FBT001
    return BatchSender(
        deliver=_deliver(run),
        delivery=_delivery(run, is_long_term),
        refusal_guard=run.refusal_guard,
        # Refusals are no errors until they are believed; the recorder's monitor counts those.
        error_rate=run.dependencies.error_rate_monitor(run.doubt_limit, ignores_refusals=True),
        stops=run.stops,
    )


def _deliver(run: _Run) -> Deliver:
    dependencies = DeliveryDependencies(
        ledger=run.dependencies.ledger,
        channel=run.dependencies.channel,
        rate_gate=run.rate_limiter,
        clock=run.dependencies.clock,
        retry_policy=run.dependencies.retry_policy,
        count_unproven=run.dependencies.count_unproven,
        doubt_limit=run.doubt_limit,
    )
    return Deliver(dependencies, run.refusal_guard.defer)


def _delivery(run: _Run, is_long_term: bool | None) -> Delivery:  # noqa: FBT001
    return Delivery(
        run.campaign.id,
        run.segment.owner,
        run.campaign.plan.message,
        run.deadline - run.dependencies.settings.writing_seconds,
        run.campaign.plan.frequency_cap,
        run.lease.is_stopped,
        is_long_term,
    )


def _recorder(run: _Run) -> BatchRecorder:
    dependencies, settings = run.dependencies, run.dependencies.settings
    return BatchRecorder(
        checkpoint=SegmentCheckpoint(
            dependencies.store, dependencies.reports, run.segment, dependencies.clock, settings
        ),
        refusal_guard=run.refusal_guard,
        error_rate=dependencies.error_rate_monitor(run.doubt_limit, ignores_refusals=False),
        stops=run.stops,
        settings=settings,
    )
