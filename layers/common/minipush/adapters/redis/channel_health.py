"""The health of the reminders' channels in Redis."""

from dataclasses import replace
from typing import Final

from minipush.adapters.channel_health import decoded, encoded
from minipush.adapters.redis.errors import RedisAwayError
from minipush.adapters.redis.keys import channel_health_key
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.application.ports.centre.channel_health import ChannelHealthStore
from minipush.domain.accounts import Account
from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.reminders import ChannelKind

_SAVE: Final = """
local there = redis.call("GET", KEYS[1])
if there and there ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
return 1
"""


class RedisChannelHealth:
    """Redis has the breakers. An operator's pause is in `behind` alone: Redis may return with what it knew before.

    Without Redis, what `behind` knows of the breakers counts. Every method raises StoreError if `behind` fails.
    """

    def __init__(self, redis: SharedRedis, behind: ChannelHealthStore, account: Account) -> None:
        self._redis = redis
        self._behind = behind
        self._account = account

    def read(self, kind: ChannelKind) -> ChannelHealth:
        known = self._behind.read(kind)
        key = channel_health_key(self._account, kind)
        try:
            text: bytes | None = self._redis.call(lambda client: client.get(key))
        except RedisAwayError:
            return known
        return replace(decoded(text.decode()), is_paused=known.is_paused) if text else known

    def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
        changes_pause = before.is_paused != after.is_paused
        if changes_pause and not self._save_pause(kind, before, after):
            return False
        key = channel_health_key(self._account, kind)
        try:
            return bool(self._redis.run(_SAVE, [key], [_breakers(before), _breakers(after)]))
        except RedisAwayError:
            return changes_pause or self._behind.save(kind, before, after)

    def _save_pause(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
        known = self._behind.read(kind)
        return known.is_paused == before.is_paused and self._behind.save(kind, known, after)


def _breakers(health: ChannelHealth) -> str:
    return encoded(replace(health, is_paused=False))
