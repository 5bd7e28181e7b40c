"""Rate reservations in Redis."""

import asyncio
from typing import TYPE_CHECKING, Final

from minipush.adapters.redis.keys import rate_key
from minipush.domain.accounts import Account
from minipush.errors import StoreError

if TYPE_CHECKING:
    from redis import Redis

# A reservation that has passed means nothing. It is kept a while longer because clocks differ.
KEPT_SECONDS: Final = 3600

# Lua's default number format would round the time to a tenth of a millisecond.
_RESERVE: Final = """
local due_at = tonumber(redis.call("GET", KEYS[1]) or 0)
local now, taken, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start = math.max(now, due_at)
local seconds = math.ceil(start + taken - now + kept)
redis.call("SET", KEYS[1], string.format("%.6f", start + taken), "EX", string.format("%d", seconds))
return string.format("%.6f", start)
"""


class RedisRateReservations:
    """Uses commands of Redis 6.2 or older, with one key each, so that it works on a cluster."""

    def __init__(self, client: "Redis", account: Account) -> None:
        from redis import RedisError  # noqa: PLC0415  # loaded only where Redis is used

        self._account = account
        self._failures = RedisError
        self._script = client.register_script(_RESERVE)

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        return await asyncio.to_thread(self._reserve, name, slots / per_second, now)

    def _reserve(self, name: str, taken: float, now: float) -> float:
        key = rate_key(self._account, name)
        try:
            return float(self._script(keys=[key], args=[_micros(now), _micros(taken), KEPT_SECONDS]))
        except self._failures as error:
            raise StoreError(type(error).__name__) from error


def _micros(seconds: float) -> str:
    return f"{seconds:.6f}"
