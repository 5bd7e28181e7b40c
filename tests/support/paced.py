"""Workers that send by one rate, in simulated time."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from support.rates import MemoryRateReservations
from support.virtual_time import VirtualTime

from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.errors import StoreError


@dataclass
class Store(MemoryRateReservations):
    """`latency` of an answer in seconds; fails until `back_at`, hangs where `hangs`."""

    latency: float = 0.01
    back_at: float = 0.0
    hangs: bool = False
    asked: list[tuple[str, float, int]] = field(default_factory=list)

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        self.asked.append((name, now, slots))
        await asyncio.sleep(3600 if self.hangs else self.latency / 2)
        if now < self.back_at:
            raise StoreError("throttled")
        start = await super().reserve(name, per_second, slots, now)
        await asyncio.sleep(self.latency / 2)
        return start


@dataclass
class World:
    """Workers in one simulated time. `sent`: when calls went out, by the name of the worker."""

    store: Store = field(default_factory=Store)
    time: VirtualTime = field(default_factory=VirtualTime)
    sent: dict[str, list[float]] = field(default_factory=dict)

    def rate_limiter(
        self, *limits: tuple[str, float], stalls: Callable[[], float] = lambda: 0.0
    ) -> RateLimiter:
        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds + stalls())

        return RateLimiter(self.store, limits, self.time.now, sleep)

    async def work(self, name: str, rate_limiter: RateLimiter, until: float, at_once: int) -> None:
        """Make as many calls as the limiter allows."""
        sent = self.sent.setdefault(name, [])

        async def send() -> None:
            while await rate_limiter.acquire(lambda: self.time.passed >= until):
                sent.append(self.time.passed)
                await asyncio.sleep(0.03)

        await asyncio.gather(*(send() for _ in range(at_once)))

    def run[T](self, *work: Coroutine[Any, Any, T]) -> list[T]:
        async def main() -> list[T]:
            return await asyncio.gather(*work)

        return self.time.run(main())

    def times(self, *names: str) -> list[float]:
        return sorted(at for name in names or self.sent for at in self.sent[name])


def most_in(seconds: float, times: Iterable[float]) -> int:
    window, most = deque[float](), 0
    for at in times:
        window.append(at)
        while window[0] < at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most
