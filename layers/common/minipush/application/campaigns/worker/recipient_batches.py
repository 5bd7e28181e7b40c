"""A segment's recipients, in batches that are sent together."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.ports.campaigns import RecipientPage, Recipients
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Campaign, Segment
from minipush.domain.eligibility import in_audience
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.users import User, is_openid


@dataclass(slots=True)
class RecipientBatch:
    """`users` are to get a message, and `outcomes_without_send` are of users to whom nothing is sent.

    `settled_by_earlier_worker`: the other openids. `cursor`: the position after all of them, None at the segment's end.
    `begun_at` (ms): this worker's claims before then are of earlier batches.
    """

    cursor: str | None = None
    users: list[User] = field(default_factory=list)
    outcomes_without_send: list[Outcome] = field(default_factory=list)
    settled_by_earlier_worker: set[str] = field(default_factory=set)
    begun_at: int = 0


class BatchReader:
    def __init__(
        self,
        recipients: Recipients,
        campaign: Campaign,
        segment: Segment,
        clock: Clock,
        settings: WorkerSettings,
    ) -> None:
        self._recipients = recipients
        self._campaign = campaign
        self._number = segment.number
        self._start = segment.cursor
        self._settled_out_of_order = segment.settled_out_of_order
        self._clock = clock
        self._settings = settings

    async def read(self, size: Callable[[], int]) -> AsyncGenerator[RecipientBatch]:
        """From the segment's cursor to its end. The next page is read while the caller works on this one.

        `size`: how many users the next batch may hold.
        """
        cursor = self._start
        reading = self._start_reading(cursor)
        try:
            while True:
                page = await reading
                stale_at = time.monotonic() + self._settings.fresh_seconds
                if page.cursor is not None:
                    reading = self._start_reading(page.cursor)
                for batch in self._cut(page, size):
                    yield batch
                    cursor = batch.cursor
                    if cursor != page.cursor and time.monotonic() > stale_at:
                        reading.cancel()
                        reading = self._start_reading(cursor)
                        break
                if cursor is None:
                    return
        finally:
            reading.cancel()

    def _start_reading(self, cursor: str | None) -> asyncio.Task[RecipientPage]:
        return asyncio.create_task(
            asyncio.to_thread(self._recipients.page, self._campaign, self._number, cursor)
        )

    def _cut(self, page: RecipientPage, size: Callable[[], int]) -> Iterator[RecipientBatch]:
        batch, most = RecipientBatch(begun_at=self._clock()), size()
        most_settled = self._settings.settled_per_batch
        for recipient in page.recipients:
            if len(batch.users) >= most or len(batch.outcomes_without_send) >= most_settled:
                yield batch
                batch, most = RecipientBatch(begun_at=self._clock()), size()
            self._put(recipient.user, batch)
            batch.cursor = recipient.cursor
        batch.cursor = page.cursor
        yield batch

    def _put(self, user: User, batch: RecipientBatch) -> None:
        if user.openid in self._settled_out_of_order:
            batch.settled_by_earlier_worker.add(user.openid)
        elif not is_openid(user.openid):
            batch.outcomes_without_send.append(
                Outcome(user.openid, Status.FAILED, Reason.INVALID_OPENID, at=self._clock())
            )
        elif user.was_claimed_by(self._campaign.id) or in_audience(user, self._campaign.plan, self._clock()):
            batch.users.append(user)
