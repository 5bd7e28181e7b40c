"""When the next call may start: rates that all processes share, and this process's own throttle.

Every call takes a slot, and every slot has a time: see RateReservations. A call starts at that time or at most
LATE seconds after it. A first try may start a little later, as its claim is written in between. So any ten
seconds hold at most 10.45 seconds' worth of slots, 4.5 % above the rate, for any number of processes and stalls.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from minipush.application.delivery.adaptive_throttle import AdaptiveThrottle
from minipush.application.delivery.reserved_slots import LATE, ReservedSlots
from minipush.application.ports.channel import Load, SendResult
from minipush.application.ports.rates import RateReservations

# Calls that begin together are at most so many seconds' worth.
QUARTER: Final = 0.25
# At most so many slots are reserved at once.
CHUNK: Final = 100
# How often waiting work is checked for a stop.
LOOK: Final = 0.05
NAP: Final = 0.01

type IsStopped = Callable[[], bool]


class RateLimiter:
    """A worker has one limiter for its campaign. Direct sends of a process share one.

    `limits` has names and calls a second, the widest (the account's) first. Every call takes a slot of each. A
    limit that isn't lower than a wider one is left out. `clock` returns seconds since the epoch.
    """

    def __init__(
        self,
        rates: RateReservations,
        limits: Iterable[tuple[str, float]],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._limits: list[ReservedSlots] = []
        for name, per_second in limits:
            if all(per_second < wider.per_second for wider in self._limits):
                self._limits.append(ReservedSlots(name, per_second))
        self._clock = clock
        self._sleep = sleep
        self._throttle = AdaptiveThrottle(clock())
        self._free = not self._limits
        self._queue: deque[tuple[IsStopped, asyncio.Future[float | None]]] = deque()
        self._server: asyncio.Task[None] | None = None
        self._look_at = 0.0
        self.waiting = 0
        """How many calls wait for a slot now."""

    async def acquire(self, is_stopped: IsStopped, *, comes_first: bool = False) -> bool:
        """Wait for a slot. The call must start at once. False as soon as `is_stopped()` is true.

        `comes_first`: before all calls that wait already.
        """
        if is_stopped():
            return False
        if self._free:
            self._throttle.sent(self._clock())
            return True
        return await self._wait(is_stopped, comes_first=comes_first)

    def observe(self, result: SendResult) -> None:
        """Learn from the result of a call."""
        if result.load is not Load.NORMAL:
            self._throttle.observe(result, self._clock())
            self._free = not (self._limits or self._throttle.in_force)

    @property
    def per_second(self) -> float:
        """Calls over the last second."""
        return self._throttle.per_second(self._clock())

    @property
    def rate(self) -> float:
        """What the throttle allows now, in calls a second; infinite while it is off."""
        return self._throttle.rate

    def begin_slowly(self, rate: float, most: float) -> None:
        """Start at `rate`, a quarter faster each calm second, up to `most`."""
        self._throttle.begin(rate, most, self._clock())
        self._free = False

    def be_fast(self) -> None:
        """End what `begin_slowly` began."""
        self._throttle.end()

    def batch(self, most: int) -> int:
        """How many calls to begin together: a quarter of a second's worth at the present rate, 1 to `most`."""
        rate = min([self._throttle.rate, *(limit.per_second for limit in self._limits)])
        return max(1, int(min(most, rate * QUARTER)))

    # ---- the queue of waiting calls

    async def _wait(self, is_stopped: IsStopped, *, comes_first: bool) -> bool:
        self.waiting += 1
        try:
            while (due := await self._granted(is_stopped, comes_first)) is not None and not is_stopped():
                now = self._clock()
                if now - due <= LATE:
                    self._throttle.sent(now)
                    return True
            return False
        finally:
            self.waiting -= 1

    def _granted(self, is_stopped: IsStopped, comes_first: bool) -> asyncio.Future[float | None]:  # noqa: FBT001
        """When the slot was due, the earliest of all limits; None if the work is stopped."""
        future = asyncio.get_running_loop().create_future()
        enter = self._queue.appendleft if comes_first else self._queue.append
        enter((is_stopped, future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        return future

    async def _serve(self) -> None:
        """Grant slots. Runs while calls wait."""
        try:
            while self._queue:
                pause = await self._next()
                if pause > 0:
                    await self._sleep(min(max(pause, NAP), LOOK))
                self._release_stopped()
        except Exception as error:  # noqa: BLE001  # raised in the calls that wait
            for _, future in self._queue:
                if not future.done():
                    future.set_exception(error)
            self._queue.clear()

    def _release_stopped(self) -> None:
        """Release the calls whose work is stopped, and drop cancelled ones, at most every LOOK seconds."""
        now = self._clock()
        if 0 < self._look_at - now <= LOOK:
            return
        self._look_at = now + LOOK
        for is_stopped, future in self._queue:
            if not future.done() and is_stopped():
                future.set_result(None)
        self._queue = deque(waiter for waiter in self._queue if not waiter[1].done())

    async def _next(self) -> float:
        """Grant a slot or reserve slots. Returns the seconds until the next slot is due."""
        now = self._clock()
        if (pause := self._throttle.next_at(now) - now) > 0:
            return pause
        self._free = not (self._limits or self._throttle.in_force)
        due = now
        for limit in self._limits:
            limit.drop_old(now)
            if not limit.left:
                # Reserved early if the queue of others is long, so that the slots of all limits come due together.
                pause = due - now - max(0.0, limit.lead - LATE / 2)
                return pause if pause > 0 else await self._reserved(limit)
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
        self._throttle.grant(now)
        for limit in self._limits:
            limit.use()

    # ---- reservations

    async def _reserved(self, limit: ReservedSlots) -> float:
        """Wait for a reservation, LOOK seconds at most. Returns the seconds until the next try."""
        if limit.reservation is None:
            if (pause := limit.retry_at - self._clock()) > 0:
                return pause
            limit.reservation = asyncio.create_task(self._reserve(limit))
        await asyncio.wait({limit.reservation}, timeout=LOOK)
        if limit.reservation.done():
            done, limit.reservation = limit.reservation, None
            done.result()
            # The limit with the longest wait comes first, so that the slots of the others don't expire meanwhile.
            self._limits.sort(key=lambda each: -each.lead)
        return 0.0

    async def _reserve(self, limit: ReservedSlots) -> None:
        await limit.reserve(self._rates, self._wanted(limit), self._clock)

    def _wanted(self, limit: ReservedSlots) -> int:
        """How many slots to reserve: those that wait or soon will. Unused slots are lost to all workers."""
        most = self.batch(CHUNK)
        if len(self._limits) > 1:
            # There are two queues of other workers' slots. Smaller chunks keep one of them short.
            most = int(most * min(1.0, LATE / 2 / max(LATE / 2, min(each.lead for each in self._limits))))
        return max(1, min(most, max(len(self._queue), 2 * limit.used)))
