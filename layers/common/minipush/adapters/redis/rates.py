"""Where workers share the time that calls may go at: a reservation, not a count.

One moving time a name: `due_at`, when the next turn that nobody has taken is due. A lease moves it on by as
many turns as it takes, from now where it has passed.

Now is the callers'. A worker whose clock is ahead of the others' reserves from its own now, and sends by it, too:
clocks that are s seconds apart add up to s seconds' worth of calls to any window, and the others wait that much
longer once. Lambda's clocks are milliseconds apart.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from minipush.errors import StoreError

if TYPE_CHECKING:
    from redis import Redis

TRIES: Final = 5
# Past its time a reservation says nothing: it is kept a while longer only for clocks that differ.
KEPT_SECONDS: Final = 3600

# Lua's own way of writing a number would cut the time to a tenth of a millisecond.
_LEASE: Final = """
local due_at = tonumber(redis.call("GET", KEYS[1]) or 0)
local now, taken, kept = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start = math.max(now, due_at)
local seconds = math.ceil(start + taken - now + kept)
redis.call("SET", KEYS[1], string.format("%.6f", start + taken), "EX", string.format("%d", seconds))
return string.format("%.6f", start)
"""


class RedisRateReservations:
    """Commands of Redis 6.2 or older, one key each, so that a cluster will do."""

    def __init__(self, client: "Redis") -> None:
        from redis import RedisError  # noqa: PLC0415  # only who has a Redis loads its library

        self._failures = RedisError
        self._script = client.register_script(_LEASE)

    async def lease(self, name: str, per_second: float, turns: int, now: float) -> float:
        return await asyncio.to_thread(self._lease, name, turns / per_second, now)

    def _lease(self, name: str, taken: float, now: float) -> float:
        key = f"minipush:rate#{name}"
        try:
            return float(self._script(keys=[key], args=[_micros(now), _micros(taken), KEPT_SECONDS]))
        except self._failures as error:
            raise StoreError(type(error).__name__) from error


def _micros(seconds: float) -> str:
    return f"{seconds:.6f}"
