"""One worker's way through one segment.

Batches of recipients go out in order, several at once, and are written down in the same order. A worker that has
to stop lands what is in flight: only one that dies leaves recipients in doubt.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.batches import Batch, Batches
from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor, StopDecision
from minipush.application.campaigns.worker.refusal_guard import REST_SECONDS, RefusalDecision, RefusalGuard
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.campaigns.worker.segment_lease import LEASE_SECONDS, SegmentLease, Stop
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies, RetryPolicy
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.ports.campaigns import CampaignStore, Recipients, Reports
from minipush.application.ports.channel import Channel
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.rates import RateReservations
from minipush.domain.campaigns import Campaign, CampaignStatus, Segment
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.users import User
from minipush.errors import LeaseLostError, StoreError

logger = logging.getLogger(__name__)

BATCH = 25
BATCHES_IN_FLIGHT = 8
# So many batches may have gone out before an older one is written down.
BATCHES_UNWRITTEN = 40
LOOK_AT_PACE_SECONDS = 0.01
# The last of a worker's time: for what is in flight, and for writing down what became of it.
LANDING_SECONDS = 25.0
WRITING_SECONDS = 8.0
# And the last of that for the page alone, whatever the ledger does: who is not in it is in doubt.
SAVING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WorkerDependencies:
    """What a carriage works with. `max_sends_per_second`: the account's, 0 for no limit."""

    store: CampaignStore
    recipients: Recipients
    reports: Reports
    lifecycle: CampaignLifecycle
    ledger: Ledger
    channel: Channel
    rates: RateReservations
    clock: Clock
    retry_policy: RetryPolicy
    max_sends_per_second: int
    error_percent: int

    def rate_limiter(self, campaign: Campaign) -> RateLimiter:
        limits = {"account": self.max_sends_per_second, campaign.id: campaign.plan.max_per_second}
        return RateLimiter(self.rates, [(name, limit) for name, limit in limits.items() if limit])


@dataclass(frozen=True, slots=True)
class InFlightBatch:
    batch: Batch
    outcomes: asyncio.Task[list[Outcome]]


class SegmentRunner:
    """`deadline` is on time.monotonic(); `keep_alive` keeps the message out of the queue for a lease."""

    def __init__(
        self,
        dependencies: WorkerDependencies,
        campaign: Campaign,
        segment: Segment,
        deadline: float,
        keep_alive: Callable[[], None],
    ) -> None:
        self._lifecycle = dependencies.lifecycle
        self._lease = SegmentLease(
            dependencies.store, segment, dependencies.clock, deadline - LANDING_SECONDS, keep_alive
        )
        self._batches = Batches(dependencies.recipients, campaign, segment, dependencies.clock)
        self._checkpoint = SegmentCheckpoint(
            dependencies.store, dependencies.reports, segment, dependencies.clock
        )
        # What is heard is judged at once, but for refusals: those are no errors until they are believed.
        self._error_rate = ErrorRateMonitor(dependencies.error_percent, doubts_refusals=True)
        self._settled_error_rate = ErrorRateMonitor(dependencies.error_percent)
        self._rate_limiter = dependencies.rate_limiter(campaign)
        self._refusal_guard = RefusalGuard(
            dependencies.ledger, self._rate_limiter, segment, dependencies.clock, deadline - SAVING_SECONDS
        )
        delivering = DeliveryDependencies(
            ledger=dependencies.ledger,
            channel=dependencies.channel,
            rate_gate=self._rate_limiter,
            clock=dependencies.clock,
            retry_policy=dependencies.retry_policy,
        )
        self._deliver = Deliver(delivering, self._refusal_guard.hold)
        self._delivery = Delivery(
            campaign.id,
            segment.owner,
            campaign.plan.message,
            deadline - WRITING_SECONDS,
            campaign.plan.frequency_cap,
            self._lease.is_stopped,
        )
        self._room = asyncio.Semaphore(BATCHES_IN_FLIGHT)
        self._flights: asyncio.Queue[InFlightBatch | None] = asyncio.Queue(BATCHES_UNWRITTEN)
        self._landed: list[tuple[Batch, list[Outcome]]] = []
        self._steps: list[asyncio.Task[None]] = []
        self._unwritten: StoreError | None = None

    @property
    def segment(self) -> Segment:
        return self._checkpoint.segment

    async def run(self) -> Stop | None:
        """Why it stopped before the segment was done, if it did.

        Raises StoreError where recipients stay in doubt: what came of them could not be written down.
        """
        async with self._lease, asyncio.TaskGroup() as group:
            group.create_task(self._write_down())
            async with aclosing(self._batches.read(self._size)) as batches:
                await self._launch_all(batches, group)
            await self._flights.put(None)
        # The watch is over: no renewal comes after it.
        await self._write(lease=REST_SECONDS if self._refusal_guard.doubted else 0)
        await asyncio.gather(*self._steps)
        if self._unwritten:
            raise self._unwritten
        return None if self.segment.done else self._lease.stopped

    def _size(self) -> int:
        return self._rate_limiter.batch(BATCH)

    # ---- launching

    async def _launch_all(self, batches: AsyncIterator[Batch], group: asyncio.TaskGroup) -> None:
        try:
            async for batch in batches:
                if not await self._is_clear():
                    return
                await self._flights.put(InFlightBatch(batch, group.create_task(self._fly(batch))))
        except StoreError as error:
            self._stop_for(error)

    async def _is_clear(self) -> bool:
        """Whether a further batch may go out, once there is room for it."""
        await self._room.acquire()
        # Who waits for a turn has been read already, and may change: one batch waits, not all that would fit.
        while self._rate_limiter.waiting >= self._size() and not self._lease.stopped:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_AT_PACE_SECONDS)
        if self._lease.stopped:
            self._room.release()
        return not self._lease.stopped

    async def _fly(self, batch: Batch) -> list[Outcome]:
        deliveries = (self._deliver(user, self._delivery) for user in batch.users)
        try:
            results = await asyncio.gather(*deliveries, return_exceptions=True)
        finally:
            self._room.release()
        return [*batch.settled, *map(self._outcome, batch.users, results)]

    def _outcome(self, user: User, result: Outcome | BaseException) -> Outcome:
        if isinstance(result, StoreError | LeaseLostError):
            self._stop_for(result)
            return Outcome(user.openid, Status.FAILED, Reason.WECHAT_UNAVAILABLE, fault=Fault.TRANSIENT)
        if isinstance(result, Exception):
            # One user's data must not hold up the others; whether a message went out can't be told.
            logger.error("a delivery broke", exc_info=result)
            result = Outcome(user.openid, Status.UNKNOWN, fault=Fault.LOST_ANSWER)
        if isinstance(result, BaseException):
            raise result
        if self._refusal_guard.record(result):
            self._lease.stop(Stop.REFUSALS)
        self._judge(self._error_rate, result)
        return result

    def _judge(self, error_rate: ErrorRateMonitor, outcome: Outcome) -> None:
        if (diagnosis := error_rate.record(outcome)) and not self._lease.stopped:
            self._act_on(diagnosis)

    def _stop_for(self, error: StoreError | LeaseLostError) -> None:
        """Another who meddles may have the segment, or may have lost it: writing will tell."""
        if not self._lease.stopped:
            logger.warning("a segment is left for now", exc_info=error)
        self._lease.stop(Stop.TROUBLE)

    def _act_on(self, diagnosis: StopDecision) -> None:
        """Nothing more goes out from here; other workers see it when the campaign has changed."""
        is_final = diagnosis.status is CampaignStatus.FAILED
        self._lease.stop(Stop.ENDED if is_final else Stop.STATUS)
        step = self._lifecycle.fail if is_final else self._lifecycle.hold
        about = (self._delivery.id, diagnosis.reason, diagnosis.errcode)
        self._steps.append(asyncio.create_task(asyncio.to_thread(step, *about)))

    # ---- landing

    async def _write_down(self) -> None:
        while flight := await self._flights.get():
            self._landed.append((flight.batch, await flight.outcomes))
            if self._checkpoint.has_a_page(sum(len(outcomes) for _, outcomes in self._landed)):
                await self._write()

    async def _enter(self) -> None:
        """What landed, into the logbook. Who was refused is settled only now: the later, the better we know."""
        landed, self._landed = self._landed, []
        fates = await self._refusal_guard.settle(outcome for _, outcomes in landed for outcome in outcomes)
        for batch, outcomes in landed:
            settled = [outcome for outcome in outcomes if not self._is_to_come_back(outcome, fates)]
            self._checkpoint.add(batch, settled, is_whole=len(settled) == len(outcomes))
            for outcome in settled:
                if fates.get(outcome.openid) is not RefusalDecision.REFUSED_AGAIN:
                    self._judge(self._settled_error_rate, outcome)

    def _is_to_come_back(self, outcome: Outcome, fates: Mapping[str, RefusalDecision]) -> bool:
        """What could not go because all has to stop goes when the segment is carried on, if ever it is."""
        if fates.get(outcome.openid) is RefusalDecision.SPARED:
            return True
        if outcome.status is Status.UNKNOWN and self._lease.stopped is Stop.ENDED:
            return False
        return outcome.fault in (Fault.TRANSIENT, Fault.ACCOUNT) and self._lease.stopped is not None

    async def _write(self, *, lease: int = LEASE_SECONDS) -> None:
        if self._lease.stopped is Stop.OVERTAKEN:
            return
        await self._enter()
        try:
            await self._checkpoint.write(self._refusal_guard.refusal_state, lease=lease)
        except LeaseLostError:
            self._lease.stop(Stop.OVERTAKEN)
        except StoreError as error:
            self._stop_for(error)
            self._unwritten = error
        else:
            self._unwritten = None
