"""What is written down of a segment while it is carried: the report's pages, the place, the counts."""

import asyncio
import logging
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from minipush.application.campaigns.worker.batches import Batch
from minipush.application.campaigns.worker.segment_lease import LEASE_SECONDS
from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import RefusalState, Segment
from minipush.domain.messages import Outcome
from minipush.errors import LeaseLostError, StoreError

logger = logging.getLogger(__name__)

# Recipients to a page: a worker that dies leaves hardly more of them in doubt.
PAGE = 250
# A slow campaign fills none for minutes: whoever looks at it wants to see it move.
PAGE_SECONDS = 5.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 0.0)


class SegmentCheckpoint:
    """For one carrier. `segment`: as it was last written.

    Batches are added in their order. From the first on that has recipients to come back to, the place stands
    still, and who was settled behind it is ahead.
    """

    def __init__(self, store: CampaignStore, reports: Reports, segment: Segment, clock: Clock) -> None:
        self._store = store
        self._reports = reports
        self._clock = clock
        self._cursor = segment.cursor
        self._settled_out_of_order = set(segment.settled_out_of_order)
        self._outcomes: list[Outcome] = []
        self._is_whole = True
        self._is_done = segment.done
        self._written = time.monotonic()
        self.segment = segment

    def add(self, batch: Batch, outcomes: Sequence[Outcome], *, is_whole: bool) -> None:
        """`outcomes`: of those in the batch that are settled; `is_whole`: of all of them."""
        self._is_whole = self._is_whole and is_whole
        self._outcomes += outcomes
        if self._is_whole:
            self._cursor, self._is_done = batch.cursor, batch.cursor is None
            self._settled_out_of_order -= batch.passed
        else:
            self._settled_out_of_order.update(outcome.openid for outcome in outcomes)

    def has_a_page(self, landed: int) -> bool:
        """With that many outcomes that are still to be added."""
        count = landed + len(self._outcomes)
        if not self._is_whole or not count:
            return False
        return count >= PAGE or time.monotonic() >= self._written + PAGE_SECONDS

    async def write(self, refusal_state: RefusalState, lease: int = LEASE_SECONDS) -> None:
        """What was added. Another may take the segment when the lease (s) is over. LeaseLostError, StoreError."""
        before = self.segment
        counts = deepcopy(before.counts)
        counts.add(self._outcomes)
        after = replace(
            before,
            cursor=self._cursor,
            counts=counts,
            settled_out_of_order=frozenset(self._settled_out_of_order),
            pages=before.pages + bool(self._outcomes),
            done=self._is_done,
            refusal_state=refusal_state,
            lease_until=self._clock() + lease * 1000 if lease else 0,
        )
        await self._persist(before, after, self._outcomes)
        self.segment, self._outcomes = after, []
        self._written = time.monotonic()

    async def _persist(self, before: Segment, after: Segment, outcomes: list[Outcome]) -> None:
        """What is not written down puts its recipients in doubt: it is worth some seconds."""
        for pause in PAUSES:
            try:
                await asyncio.to_thread(self._persist_once, before, after, outcomes)
            except StoreError:
                if not pause:
                    raise
                logger.warning("a page is written again", exc_info=True)
                await asyncio.sleep(pause)
            else:
                return

    def _persist_once(self, before: Segment, after: Segment, outcomes: list[Outcome]) -> None:
        """The report first: a page that nobody counts is not read, but one that is counted must be there."""
        if outcomes:
            self._reports.write(before, outcomes, self._clock())
        if not self._store.save(after):
            raise LeaseLostError
