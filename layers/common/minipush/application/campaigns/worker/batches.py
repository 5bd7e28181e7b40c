"""A segment's recipients, in batches that go out together."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

from minipush.application.delivery.audience import in_audience
from minipush.application.ports.campaigns import RecipientPage, Recipients
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Campaign, Segment
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.users import User, is_openid

# What was read longer ago is read again: settings and permits change.
FRESH_SECONDS = 20.0
# So many that need no message may lie in one batch.
MOST_SETTLED = 100


@dataclass(slots=True)
class Batch:
    """`settled` needs no message, `passed` was settled before; `place`: after all of them, None at the end."""

    cursor: str | None = None
    users: list[User] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.users) + len(self.settled)


class Batches:
    def __init__(self, recipients: Recipients, campaign: Campaign, segment: Segment, clock: Clock) -> None:
        self._recipients = recipients
        self._campaign = campaign
        self._number = segment.number
        self._begin = segment.cursor
        self._settled_out_of_order = segment.settled_out_of_order
        self._clock = clock

    async def read(self, size: Callable[[], int]) -> AsyncGenerator[Batch]:
        """From the segment's place to its end. The next page is read while this one is worked on."""
        cursor = self._begin
        reading = self._start_reading(cursor)
        try:
            while True:
                page = await reading
                read_at = time.monotonic()
                if page.cursor is not None:
                    reading = self._start_reading(page.cursor)
                for batch in self._cut(page, size):
                    yield batch
                    cursor = batch.cursor
                    if cursor != page.cursor and time.monotonic() > read_at + FRESH_SECONDS:
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

    def _cut(self, page: RecipientPage, size: Callable[[], int]) -> Iterator[Batch]:
        batch, most = Batch(), size()
        for recipient in page.recipients:
            if len(batch.users) >= most or len(batch.settled) >= MOST_SETTLED:
                yield batch
                batch, most = Batch(), size()
            self._put(recipient.user, batch)
            batch.cursor = recipient.cursor
        batch.cursor = page.cursor
        yield batch

    def _put(self, user: User, batch: Batch) -> None:
        if user.openid in self._settled_out_of_order:
            batch.passed.add(user.openid)
        elif not is_openid(user.openid):
            batch.settled.append(Outcome(user.openid, Status.FAILED, Reason.INVALID_OPENID))
        elif user.has_met(self._campaign.id) or in_audience(user, self._campaign.plan, self._clock()):
            batch.users.append(user)
