"""Keep what WeChat says of a follower, and tell the user's profile."""

import logging

from minipush.application.ports.clock import Clock
from minipush.application.ports.followers import FollowerSource, FollowerStore
from minipush.domain.followers import FollowChanged, FollowerInfo, KnownFollower
from minipush.domain.ids import user_hash
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# Each conflict means that another worker has asked WeChat meanwhile.
TRIES = 5


class MapFollower:
    """WeChat is asked between the read and the write of a version, so what is stored last was asked last."""

    def __init__(self, source: FollowerSource, store: FollowerStore, clock: Clock) -> None:
        self._source = source
        self._store = store
        self._clock = clock

    def __call__(self, openid: str, change: FollowChanged | None = None) -> bool:
        """Whether the follower is a user of the mini-program. Raises WeChatUnavailableError, StoreError."""
        for _ in range(TRIES):
            known = self._store.read(openid)
            info = self._source.info(openid)
            if info is None:
                logger.warning("WeChat doesn't know a follower", extra={"user": user_hash(openid)})
                return False
            after = known.after(info, self._clock(), change)
            if after == known or self._store.keep(after, known.version):
                return self._tell(after)
        raise StoreError("a follower changes faster than it can be stored")

    def of_info(self, info: FollowerInfo) -> bool:
        """As a call, with what WeChat has just said: another worker's answer may be newer, and then WeChat is asked again."""
        known = self._store.read(info.openid)
        after = known.after(info, self._clock())
        if after == known or (known.version == 0 and self._store.keep(after, 0)):
            return self._tell(after)
        return self(info.openid)

    def _tell(self, follower: KnownFollower) -> bool:
        if follower.unionid is None:
            return False
        openid = self._store.join_follower(follower.unionid, follower.openid)
        if openid is None:
            return False
        self._store.copy(openid, follower)
        return True


class MapUser:
    """A user has logged in: the other half may be there already."""

    def __init__(self, store: FollowerStore) -> None:
        self._store = store

    def __call__(self, openid: str, unionid: str) -> None:
        """Raises StoreError."""
        there = self._store.join_user(unionid, openid)
        if there is not None:
            self._store.copy(openid, self._store.read(there))
