"""Writes a segment's progress while it is run: the pages of the report, the cursor, the counts."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

from minipush.application.campaigns.worker.recipient_batches import RecipientBatch
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.ports.campaigns import ReportPages, RunningSegments
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import LeaseLostError
from minipush.domain.campaign_minutes import Closed, closed_minutes, counted
from minipush.domain.campaigns import ErrorWindow, RefusalState, Segment
from minipush.domain.messages import Outcome
from minipush.domain.statistics import NOTHING, Activity
from minipush.errors import StoreError

# How far the statistics of the hour are behind a running campaign, at most.
REPORT_SECONDS = 60.0

logger = logging.getLogger(__name__)


class SegmentCheckpoint:
    """For one owner. `segment`: as it was last written, but for its lease.

    Batches are added in their order. From the first one on that isn't whole, the cursor stands still, and later
    outcomes count as settled out of order.
    """

    def __init__(
        self,
        segments: RunningSegments,
        reports: ReportPages,
        segment: Segment,
        clock: Clock,
        settings: WorkerSettings,
    ) -> None:
        self._segments = segments
        self._reports = reports
        self._clock = clock
        self._settings = settings
        self._cursor = segment.cursor
        self._settled_out_of_order = set(segment.settled_out_of_order)
        self._outcomes: list[Outcome] = []
        self._is_whole = True
        self._is_done = segment.done
        self._recorded_until = segment.recorded_until
        self._written_at = self._reported_at = time.monotonic()
        self.segment = segment

    def add(self, batch: RecipientBatch, outcomes: Sequence[Outcome], *, is_whole: bool) -> None:
        """`outcomes`: of the batch's settled recipients; `is_whole`: they are all of the batch."""
        self._is_whole = self._is_whole and is_whole
        self._outcomes += outcomes
        if self._is_whole:
            self._cursor, self._is_done = batch.cursor, batch.cursor is None
            self._settled_out_of_order -= batch.settled_by_earlier_worker
            self._recorded_until = batch.begun_at
        else:
            self._settled_out_of_order.update(outcome.openid for outcome in outcomes)

    def is_due(self, completed: int, *, has_refusals: bool = False) -> bool:
        """Whether to write a page, given the number of outcomes that are still to be added."""
        count = completed + len(self._outcomes)
        if not self._is_whole or not count:
            return False
        settings = self._settings
        seconds = settings.page_seconds_with_refusals if has_refusals else settings.page_seconds
        return count >= settings.page_size or time.monotonic() >= self._written_at + seconds

    async def write(self, refusal_state: RefusalState) -> None:
        """Write what was added. The lease is left to its renewals. Raises LeaseLostError, StoreError."""
        after, closed = self._close(self._after(refusal_state), is_last=False)
        pauses = iter(self._settings.page_retry_pauses)
        await self._write_page(pauses)
        await self._save(after, closed, pauses, keeps_lease=True)

    async def release(
        self,
        refusal_state: RefusalState,
        error_window: ErrorWindow = (),
        *,
        hold_seconds: int = 0,
        end_renewals: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Write what was added, and release the segment in `hold_seconds`. Raises LeaseLostError, StoreError.

        `end_renewals` is called before the last save: a renewal that came later would hold the segment again.
        """
        after, closed = self._close(self._after(refusal_state, error_window), is_last=True)
        pauses = iter(self._settings.page_retry_pauses)
        await self._write_page(pauses)
        if end_renewals:
            await end_renewals()
        # Once for all tries: the store knows a repeated save by its content.
        after = replace(after, lease_until=self._clock() + hold_seconds * 1000 if hold_seconds else 0)
        await self._save(after, closed, pauses, keeps_lease=False)

    def _close(self, after: Segment, *, is_last: bool) -> tuple[Segment, Closed]:
        """Hand the statistics over once a minute and at the end, and the minutes of each span."""
        minutes = closed_minutes(self.segment.minutes, after.minutes)
        is_due = is_last or after.done or time.monotonic() >= self._reported_at + REPORT_SECONDS
        if not is_due:
            return after, Closed(self._clock(), minutes)
        return replace(after, unreported=NOTHING), Closed(self._clock(), minutes, after.unreported)

    def _after(self, refusal_state: RefusalState, error_window: ErrorWindow = ()) -> Segment:
        activity, counts = Activity.of_outcomes(self._outcomes), deepcopy(self.segment.counts)
        counts.merge(activity)
        return replace(
            self.segment,
            cursor=self._cursor,
            counts=counts,
            settled_out_of_order=frozenset(self._settled_out_of_order),
            pages=self.segment.pages + bool(self._outcomes),
            done=self._is_done,
            recorded_until=self._recorded_until,
            refusal_state=refusal_state,
            error_window=error_window,
            minutes=counted(self.segment.minutes, counts.since(self.segment.counts), self._clock()),
            unreported=self.segment.unreported.plus(activity),
        )

    async def _write_page(self, pauses: Iterator[float]) -> None:
        """The report first: nobody reads a page that isn't counted, but a counted page must exist."""
        if outcomes := self._outcomes:
            await _try_for_a_while(lambda: self._reports.write(self.segment, outcomes, self._clock()), pauses)

    async def _save(
        self, after: Segment, closed: Closed, pauses: Iterator[float], *, keeps_lease: bool
    ) -> None:
        async def save() -> None:
            found = None if closed.is_empty else closed
            if not await self._segments.save(after, found, keeps_lease=keeps_lease):
                raise LeaseLostError

        await _try_for_a_while(save, pauses)
        self.segment, self._outcomes = after, []
        self._written_at = time.monotonic()
        if not closed.activity.is_empty:
            self._reported_at = self._written_at


async def _try_for_a_while(write: Callable[[], Awaitable[None]], pauses: Iterator[float]) -> None:
    """Try for some seconds: recipients whose outcome isn't written stay in doubt."""
    while True:
        try:
            return await write()
        except StoreError:
            pause = next(pauses, None)
            if pause is None:
                raise
            logger.warning("a page is written again", exc_info=True)
        await asyncio.sleep(pause)
