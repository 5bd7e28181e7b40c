"""Writes a segment's progress while it is run: the pages of the report, the cursor, the counts."""

import asyncio
import logging
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from minipush.application.campaigns.worker.recipient_batches import RecipientBatch
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_minutes import Closed, closed_minutes, counted
from minipush.domain.campaigns import ErrorWindow, RefusalState, Segment
from minipush.domain.messages import Outcome
from minipush.domain.statistics import NOTHING, Activity
from minipush.errors import LeaseLostError, StoreError

# How far the statistics of the hour are behind a running campaign, at most.
REPORT_SECONDS = 60.0

logger = logging.getLogger(__name__)


class SegmentCheckpoint:
    """For one owner. `segment`: as it was last written.

    Batches are added in their order. From the first one on that isn't whole, the cursor stands still, and later
    outcomes count as settled out of order.
    """

    def __init__(
        self,
        store: CampaignStore,
        reports: Reports,
        segment: Segment,
        clock: Clock,
        settings: WorkerSettings,
    ) -> None:
        self._store = store
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

    async def write(
        self, refusal_state: RefusalState, lease_seconds: int, error_window: ErrorWindow = ()
    ) -> None:
        """Write what was added, and hold the segment for `lease_seconds` more; 0 releases it.

        Raises LeaseLostError, StoreError.
        """
        before, outcomes = self.segment, self._outcomes
        after = replace(self._after(refusal_state, lease_seconds), error_window=error_window)
        after, closed = self._close(after)
        await self._persist(before, after, outcomes, closed)
        self.segment, self._outcomes = after, []
        self._written_at = time.monotonic()
        if not closed.activity.is_empty:
            self._reported_at = self._written_at

    def _close(self, after: Segment) -> tuple[Segment, Closed]:
        """Hand the statistics over once a minute and at the end, and the minutes of each span."""
        minutes = closed_minutes(self.segment.minutes, after.minutes)
        is_last = after.done or not after.lease_until
        if not is_last and time.monotonic() < self._reported_at + REPORT_SECONDS:
            return after, Closed(self._clock(), minutes)
        return replace(after, unreported=NOTHING), Closed(self._clock(), minutes, after.unreported)

    def _after(self, refusal_state: RefusalState, lease_seconds: int) -> Segment:
        counts = deepcopy(self.segment.counts)
        counts.add(self._outcomes)
        return replace(
            self.segment,
            cursor=self._cursor,
            counts=counts,
            settled_out_of_order=frozenset(self._settled_out_of_order),
            pages=self.segment.pages + bool(self._outcomes),
            done=self._is_done,
            recorded_until=self._recorded_until,
            refusal_state=refusal_state,
            minutes=counted(self.segment.minutes, counts.since(self.segment.counts), self._clock()),
            unreported=self.segment.unreported.plus(Activity.of_outcomes(self._outcomes)),
            lease_until=self._clock() + lease_seconds * 1000 if lease_seconds else 0,
        )

    async def _persist(
        self, before: Segment, after: Segment, outcomes: list[Outcome], closed: Closed
    ) -> None:
        """Try for some seconds: recipients whose outcome isn't written stay in doubt."""
        for pause in self._settings.page_retry_pauses:
            try:
                await asyncio.to_thread(self._persist_once, before, after, outcomes, closed)
            except StoreError:
                logger.warning("a page is written again", exc_info=True)
                await asyncio.sleep(pause)
            else:
                return
        await asyncio.to_thread(self._persist_once, before, after, outcomes, closed)

    def _persist_once(self, before: Segment, after: Segment, outcomes: list[Outcome], closed: Closed) -> None:
        """The report first: nobody reads a page that isn't counted, but a counted page must exist."""
        if outcomes:
            self._reports.write(before, outcomes, self._clock())
        if not self._store.save(after, None if closed.is_empty else closed):
            raise LeaseLostError
