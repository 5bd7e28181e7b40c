"""Where workers share access_tokens. At rest these are secrets: nothing here logs an item."""

import json
import uuid
from typing import TYPE_CHECKING, Final

from minipush.wechat.tokens import Token

if TYPE_CHECKING:
    from redis import Redis

_RELEASE_IF_MINE: Final = """
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
"""


class RedisTokenStore:
    """Commands of Redis 6.2 or older, one key each, so that a cluster will do."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._release = client.register_script(_RELEASE_IF_MINE)

    def load(self, name: str, /) -> Token | None:
        stored = self._client.get(f"minipush:token#{name}")
        return Token(**json.loads(stored)) if stored else None

    def save(self, name: str, token: Token, /) -> None:
        text = json.dumps({"value": token.value, "expires_at": token.expires_at})
        self._client.set(f"minipush:token#{name}", text, exat=int(token.expires_at) + 1)

    def acquire(self, name: str, seconds: float, /) -> str | None:
        key = uuid.uuid4().hex
        taken = self._client.set(f"minipush:lock#{name}", key, nx=True, px=int(seconds * 1000))
        return key if taken else None

    def release(self, name: str, key: str, /) -> None:
        self._release(keys=[f"minipush:lock#{name}"], args=[key])
