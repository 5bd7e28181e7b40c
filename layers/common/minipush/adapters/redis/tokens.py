"""Access tokens shared by workers. A stored token is a secret: this module logs no item."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minipush.adapters.redis.errors import RedisAwayError
from minipush.adapters.redis.keys import token_key
from minipush.wechat.token_store import TokenStore
from minipush.wechat.tokens import Token

if TYPE_CHECKING:
    from minipush.adapters.redis.shared_redis import SharedRedis


class RedisTokenStore:
    """Tokens are read from Redis and kept in `behind` too, so that they outlive it.

    Locks are in `behind` alone. Two stores of locks would let two workers fetch a token at once, and the second
    token would end the first.
    """

    def __init__(self, redis: "SharedRedis", behind: TokenStore) -> None:
        self._redis = redis
        self._behind = behind
        self._last: dict[str, Token] = {}
        self.acquire = behind.acquire
        self.release = behind.release

    def load(self, name: str, /) -> Token | None:
        """Who asks again and gets the same from Redis could not use it: then the store behind is asked, too.

        Redis may have kept an old token: it was away when the next one was saved, or it could not be written.
        """
        token = self._in_redis(name)
        if token is None:
            return self._behind.load(name)
        if self._last.get(name) != token:
            self._last[name] = token
            return token
        kept = self._behind.load(name)
        return kept if kept and kept.expires_at >= token.expires_at else token

    def save(self, name: str, token: Token, /) -> None:
        self._behind.save(name, token)
        with suppress(RedisAwayError):
            self._redis.call(lambda client: _put(client, token_key(name), token))

    def _in_redis(self, name: str) -> Token | None:
        try:
            stored = self._redis.call(lambda client: client.get(token_key(name)))
        except RedisAwayError:
            return None
        return Token(**json.loads(stored)) if stored else None


def _put(client: Any, key: str, token: Token) -> None:
    """A Redis whose memory is full still deletes, so that nobody gets the old token from it."""
    text = json.dumps({"value": token.value, "expires_at": token.expires_at})
    try:
        client.set(key, text, exat=int(token.expires_at) + 1)
    except Exception:
        client.delete(key)
        raise
