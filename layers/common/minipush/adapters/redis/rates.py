"""Rate reservations in Redis, from windows of time that are reserved in DynamoDB."""

import asyncio
import logging
from math import ceil
from typing import Final

from minipush.adapters.redis.errors import RedisAwayError
from minipush.adapters.redis.keys import rate_key, refill_key
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.application.ports.rates import RateReservations
from minipush.domain.accounts import Account
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

WINDOW_SECONDS: Final = 1.0
"""How much of a rate Redis gets at a time. A Redis that dies loses what is left of it, up to twice as much."""
KEPT_SECONDS: Final = 3600
"""A window that has passed means nothing. It is kept a while longer because clocks differ."""
REFILL_MS: Final = 1000
LOOK: Final = 0.02
LOOKS: Final = 25

# Lua's default number format would round the time to a tenth of a millisecond.
_TAKE: Final = """
local window = redis.call("HMGET", KEYS[1], "from", "to")
local now, taken, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start, to = math.max(now, tonumber(window[1] or 0)), tonumber(window[2] or 0)
local answer = ""
if start + taken <= to + 0.000002 then
  answer = string.format("%.6f", start)
  start = start + taken
  redis.call("HSET", KEYS[1], "from", string.format("%.6f", start))
end
local refills = to - start < wanted and redis.call("SET", KEYS[2], "1", "NX", "PX", ARGV[4])
return {answer, refills and 1 or 0}
"""
# A window that begins where the present one ends is added to it; another later one replaces it.
_PUT: Final = """
local from, to = tonumber(ARGV[1]), tonumber(ARGV[2])
local there = tonumber(redis.call("HGET", KEYS[1], "to") or 0)
if math.abs(from - there) < 0.000003 then
  redis.call("HSET", KEYS[1], "to", ARGV[2])
elseif from > there then
  redis.call("HSET", KEYS[1], "from", ARGV[1], "to", ARGV[2])
end
redis.call("EXPIRE", KEYS[1], ARGV[3])
redis.call("DEL", KEYS[2])
return 1
"""


class RedisRateReservations:
    """Every slot is reserved in `behind`: by a window for all who reach Redis, or by itself for those who don't.

    So no slot is given twice, whoever sees Redis and whoever doesn't, and also if it loses what it had.
    """

    def __init__(self, redis: SharedRedis, behind: RateReservations, account: Account) -> None:
        self._redis = redis
        self._behind = behind
        self._account = account

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        """Raises StoreError if DynamoDB fails, too."""
        try:
            start = await self._from_window(name, per_second, slots, now)
        except RedisAwayError:
            start = None
        return await self._behind.reserve(name, per_second, slots, now) if start is None else start

    async def _from_window(self, name: str, per_second: float, slots: int, now: float) -> float | None:
        """None if no window came in time: the process that reserves one may have died."""
        window = max(slots, ceil(per_second * WINDOW_SECONDS))
        for _ in range(LOOKS):
            args = [
                _micros(now),
                _micros(slots / per_second),
                _micros(window / per_second / 2),
                str(REFILL_MS),
            ]
            answer, refills = await asyncio.to_thread(self._redis.run, _TAKE, self._keys(name), args)
            start = float(answer) if answer else None
            if refills:
                await self._refill(name, per_second, window, now, is_needed=start is None)
            elif start is None:
                await asyncio.sleep(LOOK)
            if start is not None:
                return start
        return None

    async def _refill(
        self, name: str, per_second: float, window: int, now: float, *, is_needed: bool
    ) -> None:
        """Reserve the next window. If slots are in hand already, they count although this fails."""
        try:
            begin = await self._behind.reserve(name, per_second, window, now)
            end = begin + window / per_second
            args = [_micros(begin), _micros(end), str(ceil(end - now) + KEPT_SECONDS)]
            await asyncio.to_thread(self._redis.run, _PUT, self._keys(name), args)
        except StoreError as error:
            if is_needed:
                raise
            logger.warning("no window for %s: %s", name, error)

    def _keys(self, name: str) -> list[str]:
        return [rate_key(self._account, name), refill_key(self._account, name)]


def _micros(seconds: float) -> str:
    return f"{seconds:.6f}"
