"""Access tokens shared by workers. A stored token is a secret: this module logs no item."""

import json
import uuid
from typing import TYPE_CHECKING, Final

from minipush.adapters.redis.keys import lock_key, token_key
from minipush.wechat.tokens import Token

if TYPE_CHECKING:
    from redis import Redis

_RELEASE_IF_MINE: Final = """
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
"""


class RedisTokenStore:
    """Uses commands of Redis 6.2 or older, with one key each, so that it works on a cluster."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._release = client.register_script(_RELEASE_IF_MINE)

    def load(self, name: str, /) -> Token | None:
        stored = self._client.get(token_key(name))
        return Token(**json.loads(stored)) if stored else None

    def save(self, name: str, token: Token, /) -> None:
        text = json.dumps({"value": token.value, "expires_at": token.expires_at})
        self._client.set(token_key(name), text, exat=int(token.expires_at) + 1)

    def acquire(self, name: str, seconds: float, /) -> str | None:
        key = uuid.uuid4().hex
        taken = self._client.set(lock_key(name), key, nx=True, px=int(seconds * 1000))
        return key if taken else None

    def release(self, name: str, key: str, /) -> None:
        self._release(keys=[lock_key(name)], args=[key])
