"""When the next call may go: set rates that all workers share, and this worker's own slow-down.

Every call has a turn, and every turn a time of its own (see Rates). A call goes at that time or at most LATE
seconds after it (a first try a little later: its claim is written in between), so any ten seconds see at most
10.45 seconds' worth of turns: 4.5 % above the rate, whatever the number of workers and however they stall.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from minipush.application.delivery.adaptive_throttle import AdaptiveThrottle
from minipush.application.ports.rates import RateReservations
from minipush.errors import StoreError
from minipush.wechat.errcodes import Reaction
from minipush.wechat.sender import Reply

logger = logging.getLogger(__name__)

LATE: Final = 0.25
QUARTER: Final = 0.25
CHUNK: Final = 100
LOOK: Final = 0.05
NAP: Final = 0.01
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0

type Halted = Callable[[], bool]


@dataclass(slots=True)
class _Limit:
    """A rate and the turns of it in hand: `left` of them, the next `due`, the others 1/per_second apart."""

    name: str
    per_second: float
    due: float = 0.0
    left: int = 0
    used: int = 0
    ahead: float = 0.0  # of the last lease: how long after the asking it began
    took: float = 0.0  # of the last lease: how long the store took
    failures: int = 0
    retry_at: float = 0.0
    lease: asyncio.Task[None] | None = None

    def drop(self) -> None:
        self.left -= 1
        self.due += 1 / self.per_second

    def use(self) -> None:
        self.used += 1
        self.drop()


class RateLimiter:
    """One a worker process and campaign.

    `limits`: names and calls a second, the widest (the account's) first. All must grant every call; one that
    is no lower than a wider one is kept with that, and not asked. `clock`: seconds since the epoch.
    """

    def __init__(
        self,
        rates: RateReservations,
        limits: Iterable[tuple[str, float]],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._limits: list[_Limit] = []
        for name, per_second in limits:
            if all(per_second < wider.per_second for wider in self._limits):
                self._limits.append(_Limit(name, per_second))
        self._clock = clock
        self._sleep = sleep
        self._slow = AdaptiveThrottle(clock())
        self._free = not self._limits
        self._queue: deque[tuple[Halted, asyncio.Future[float | None]]] = deque()
        self._server: asyncio.Task[None] | None = None
        self._look_at = 0.0
        self.waiting = 0
        """How many wait for a turn now."""

    async def acquire(self, is_stopped: Halted) -> bool:
        """Wait for a turn; the call is to go at once. False as soon as `halted()`."""
        if is_stopped():
            return False
        if self._free:
            self._slow.sent(self._clock())
            return True
        return await self._wait(is_stopped)

    def observe(self, reply: Reply) -> None:
        """What came of a call."""
        if reply.reaction is Reaction.BACK_OFF:
            self._slow.observe(reply, self._clock())
            self._free = not (self._limits or self._slow.in_force)

    @property
    def per_second(self) -> float:
        """Calls, over the last second."""
        return self._slow.per_second(self._clock())

    def begin_slowly(self, rate: float, most: float) -> None:
        """A quarter faster each calm second, up to `most`."""
        self._slow.begin(rate, most, self._clock())
        self._free = False

    def be_fast(self) -> None:
        self._slow.end()

    def batch(self, most: int) -> int:
        """How many calls to begin together at the present rate: a quarter of a second's worth, 1 to `most`."""
        rate = min([self._slow.rate, *(limit.per_second for limit in self._limits)])
        return max(1, int(min(most, rate * QUARTER)))

    # ---- those who wait, and who serves them

    async def _wait(self, is_stopped: Halted) -> bool:
        self.waiting += 1
        try:
            while (due := await self._granted(is_stopped)) is not None and not is_stopped():
                now = self._clock()
                if now - due <= LATE:
                    self._slow.sent(now)
                    return True
            return False
        finally:
            self.waiting -= 1

    def _granted(self, is_stopped: Halted) -> asyncio.Future[float | None]:
        """When the turn was due, at the earliest of all limits; None for nothing as work is halted."""
        future = asyncio.get_running_loop().create_future()
        self._queue.append((is_stopped, future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        return future

    async def _serve(self) -> None:
        """Lives while somebody waits."""
        try:
            while self._queue:
                pause = await self._next()
                if pause > 0:
                    await self._sleep(min(max(pause, NAP), LOOK))
                self._send_home()
        except Exception as error:  # noqa: BLE001  # it is raised where somebody waits for a turn
            for _, future in self._queue:
                if not future.done():
                    future.set_exception(error)
            self._queue.clear()

    def _send_home(self) -> None:
        """Those whose work is halted; cancelled ones go with them."""
        now = self._clock()
        if 0 < self._look_at - now <= LOOK:
            return
        self._look_at = now + LOOK
        for is_stopped, future in self._queue:
            if not future.done() and is_stopped():
                future.set_result(None)
        self._queue = deque(waiter for waiter in self._queue if not waiter[1].done())

    async def _next(self) -> float:
        """Grant a turn, or have one leased; seconds until the next is due."""
        now = self._clock()
        if (pause := self._slow.next_at(now) - now) > 0:
            return pause
        self._free = not (self._limits or self._slow.in_force)
        due = now
        for limit in self._limits:
            while limit.left and limit.due < now - LATE:
                limit.drop()
            if not limit.left:
                # Asked for early where others wait for it, too: so it comes due together with those in hand.
                pause = due - now - max(0.0, limit.ahead - LATE / 2)
                return pause if pause > 0 else await self._leased(limit)
            due = max(due, limit.due)
        if due > now:
            return due - now
        self._grant(now)
        return 0.0

    def _grant(self, now: float) -> None:
        _, future = self._queue.popleft()
        if future.done():
            return
        future.set_result(min((limit.due for limit in self._limits), default=now))
        self._slow.grant(now)
        for limit in self._limits:
            limit.use()

    # ---- leases

    async def _leased(self, limit: _Limit) -> float:
        """Have turns leased, looking up at times; seconds until it is worth asking again."""
        if limit.lease is None:
            if (pause := limit.retry_at - self._clock()) > 0:
                return pause
            limit.lease = asyncio.create_task(self._lease(limit))
        await asyncio.wait({limit.lease}, timeout=LOOK)
        if limit.lease.done():
            done, limit.lease = limit.lease, None
            done.result()
            # What makes us wait longest comes first: the others' turns must not grow old meanwhile.
            self._limits.sort(key=lambda each: -each.ahead)
        return 0.0

    async def _lease(self, limit: _Limit) -> None:
        turns, asked = self._wanted(limit), self._clock()
        try:
            limit.due = await self._rates.lease(limit.name, limit.per_second, turns, self._from(limit, asked))
        except StoreError as error:
            self._failed(limit, error)
            return
        limit.left, limit.used, limit.failures = turns, 0, 0
        limit.ahead, limit.took = limit.due - asked, self._clock() - asked

    def _from(self, limit: _Limit, now: float) -> float:
        """Where ours ended, when that was a moment ago: what we are late is not lost."""
        begin = limit.due if now - LATE / 2 < limit.due < now else now
        # A slow store's turns would be too late on arrival. At most so much later: the time may have been
        # our own stall, and everybody's turns would be put off by it.
        return begin + min(2 * LATE, max(0.0, limit.took - LATE / 2))

    def _wanted(self, limit: _Limit) -> int:
        """As many as wait or may soon, for what nobody uses is lost to the others, too."""
        most = self.batch(CHUNK)
        if len(self._limits) > 1:
            # Two queues of others: with smaller chunks for all, one of them is short.
            most = int(most * min(1.0, LATE / 2 / max(LATE / 2, min(each.ahead for each in self._limits))))
        return max(1, min(most, max(len(self._queue), 2 * limit.used)))

    def _failed(self, limit: _Limit, error: StoreError) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**limit.failures)
        limit.failures += 1
        limit.retry_at = self._clock() + pause
        logger.warning("no turns for %s, asking again in %.1f s: %s", limit.name, pause, error)
