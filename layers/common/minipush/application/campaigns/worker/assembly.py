"""Assembles a SegmentRunner for one segment from the worker's dependencies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from minipush.application.ports.campaigns import Recipients
from minipush.domain.campaigns import AudienceType, Campaign, Segment

if TYPE_CHECKING:
    from minipush.application.campaigns.worker.broadcasts import Broadcasts


@dataclass(frozen=True, slots=True)
class SegmentRun:
    """What a worker was told to run.

    `deadline` is on time.monotonic(); `keep_alive` hides the message in the queue from other workers; once
    `is_handed_back()` is true, no new batch starts. `is_long_term`: what the sync says of the message's template.
    """

    campaign: Campaign
    segment: Segment
    deadline: float
    keep_alive: Callable[[], None]
    is_handed_back: Callable[[], bool]
    calls_in_flight: CallsInFlight
    doubt_limit: DoubtLimit
    is_long_term: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run of a segment, with the parts that sending and recording share. `broadcasts`: of an app's broadcast only."""

    dependencies: WorkerDependencies
    asked: SegmentRun
    lease: SegmentLease
    stops: StopController
    rate_limiter: RateLimiter
    refusal_guard: RefusalGuard
    broadcasts: "Broadcasts | None"


def assemble_runner(dependencies: WorkerDependencies, asked: SegmentRun) -> SegmentRunner:
    run = _run(dependencies, asked)
    clock, settings = dependencies.clock, dependencies.settings
    return SegmentRunner(
        lease=run.lease,
        stops=run.stops,
        rate_limiter=run.rate_limiter,
        calls_in_flight=asked.calls_in_flight,
        reader=BatchReader(_recipients(run), asked.campaign, asked.segment, clock, settings),
        sender=_sender(run),
        recorder=_recorder(run),
        settings=settings,
    )


def _run(dependencies: WorkerDependencies, asked: SegmentRun) -> _Run:
    clock, settings = dependencies.clock, dependencies.settings
    stop_at, resolve_by = asked.deadline - settings.landing_seconds, asked.deadline - settings.saving_seconds
    lease = SegmentLease(
        dependencies.segments,
        asked.segment,
        clock,
        stop_at,
        asked.keep_alive,
        asked.is_handed_back,
        dependencies.sending,
        settings,
    )
    rate_limiter = dependencies.rate_limiter(asked.campaign)
    is_broadcast = asked.campaign.plan.audience.type is AudienceType.APP
    return _Run(
        dependencies=dependencies,
        asked=asked,
        lease=lease,
        stops=StopController(asked.campaign.id, lease, dependencies.lifecycle),
        rate_limiter=rate_limiter,
        refusal_guard=RefusalGuard(
            dependencies.ledger, rate_limiter, asked.segment, clock, resolve_by, settings.refusals
        ),
        broadcasts=dependencies.broadcasts() if is_broadcast else None,
    )


def _recipients(run: _Run) -> Recipients:
    return run.broadcasts.recipients if run.broadcasts else run.dependencies.recipients


def _sender(run: _Run) -> BatchSender:
    return BatchSender(
        deliver=run.broadcasts.deliver(run.asked.campaign) if run.broadcasts else _deliver(run),
        delivery=_delivery(run),
        refusal_guard=run.refusal_guard,
        # Refusals are no errors until they are believed; the recorder's monitor counts those.
        error_rate=run.dependencies.error_rate_monitor(
            run.asked.doubt_limit, run.asked.segment.error_window, ignores_refusals=True
        ),
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
        doubt_limit=run.asked.doubt_limit,
    )
    return Deliver(dependencies, run.refusal_guard.defer)


def _delivery(run: _Run) -> Delivery:
    return Delivery(
        run.asked.campaign.id,
        run.asked.segment.owner,
        run.asked.campaign.plan.message,
        run.asked.deadline - run.dependencies.settings.writing_seconds,
        run.asked.campaign.plan.frequency_cap,
        run.lease.is_stopped,
        run.asked.is_long_term,
    )


def _recorder(run: _Run) -> BatchRecorder:
    dependencies, settings = run.dependencies, run.dependencies.settings
    return BatchRecorder(
        checkpoint=SegmentCheckpoint(
            dependencies.segments, dependencies.reports, run.asked.segment, dependencies.clock, settings
        ),
        refusal_guard=run.refusal_guard,
        error_rate=dependencies.error_rate_monitor(
            run.asked.doubt_limit, run.asked.segment.error_window, ignores_refusals=False
        ),
        stops=run.stops,
        settings=settings,
    )
