"""Read all followers of the official account, and go on where a worker stopped or died.

WeChat lists 10,000 openids a call and describes 100 a call. The cursor is stored after each thousand followers. What is
read twice after that changes nothing.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import batched
from typing import Final

from minipush.application.followers.map_follower import MapFollower
from minipush.application.ports.clock import Clock
from minipush.application.ports.followers import (
    FollowerPage,
    FollowerSource,
    FollowerStore,
    FollowerSyncStore,
    OfficialQueue,
)
from minipush.domain.followers import SYNC_REST_SECONDS, FollowerInfo, FollowerSync, SyncPhase
from minipush.errors import StoreError, WeChatUnavailableError

logger = logging.getLogger(__name__)

DESCRIBED_AT_ONCE: Final = 100
STORED_EVERY: Final = 1000
THREADS: Final = 16
# A busy WeChat is asked again soon, and one whose quota is used up later: see SYNC_REST_SECONDS.
SHORT_REST_SECONDS: Final = 60


class StartFollowerSync:
    def __init__(self, syncs: FollowerSyncStore, queue: OfficialQueue, clock: Clock) -> None:
        self._syncs = syncs
        self._queue = queue
        self._clock = clock

    def __call__(self) -> FollowerSync:
        """One sync at a time: the one that is under way goes on. Raises StoreError."""
        now, sync = self._clock(), self._syncs.read()
        if sync is None or not sync.is_under_way(now):
            sync = FollowerSync(id=uuid.uuid4().hex[:12], started_at=now, touched_at=now)
            self._syncs.begin(sync)
        # Again for one that is under way: its first message may never have got to the queue.
        self._queue.put_sync(sync.id)
        return sync


class SyncFollowers:
    """`deadline` below is on `monotonic`."""

    def __init__(
        self,
        source: FollowerSource,
        store: FollowerStore,
        syncs: FollowerSyncStore,
        queue: OfficialQueue,
        map_follower: MapFollower,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._store = store
        self._syncs = syncs
        self._queue = queue
        self._map_follower = map_follower
        self._clock = clock
        self._monotonic = monotonic

    def __call__(self, sync_id: str, deadline: float, keep_alive: Callable[[], None]) -> None:
        """Work until the deadline, and queue the rest. `keep_alive` hides the message from other workers for a while.

        Raises StoreError, also when another worker has gone on meanwhile: it may have died since, so the message stays in
        the queue. While WeChat is unavailable, the sync rests.
        """
        sync = self._syncs.read()
        if sync is None or sync.id != sync_id or sync.finished_at is not None:
            return
        try:
            is_left = self._run(sync, deadline, keep_alive)
        except WeChatUnavailableError as error:
            self._rest(sync_id, error)
            return
        if is_left:
            self._queue.put_sync(sync_id)

    def _rest(self, sync_id: str, error: WeChatUnavailableError) -> None:
        rest = SHORT_REST_SECONDS if error.retry_seconds else SYNC_REST_SECONDS
        logger.warning("the followers can't be read: %s", error, extra={"rest_seconds": rest})
        sync = self._syncs.read()
        if sync and sync.id == sync_id:
            # It is under way while it rests, also after the last of many rests.
            self._advance(self._after(sync, cursor=sync.cursor, followers=sync.followers))
        self._queue.put_sync(sync_id, rest)

    def _run(self, sync: FollowerSync, deadline: float, keep_alive: Callable[[], None]) -> bool:
        """Whether this worker has to leave something to another one."""
        while sync.finished_at is None:
            for openids in self._batches(sync):
                self._map(openids, keep_alive)
                listed = len(openids) if sync.phase is SyncPhase.LISTED else 0
                after = self._after(sync, cursor=openids[-1], followers=sync.followers + listed)
                self._advance(after)
                sync = after
                if self._monotonic() >= deadline:
                    return True
            sync = self._next_phase(sync)
            self._advance(sync)
        logger.info("the followers were read", extra={"followers": sync.followers})
        return False

    def _batches(self, sync: FollowerSync) -> Iterator[tuple[str, ...]]:
        read = self._source.page if sync.phase is SyncPhase.LISTED else self._known
        cursor: str | None = sync.cursor
        while cursor is not None:
            page = read(cursor)
            yield from batched(page.openids, STORED_EVERY, strict=False)
            cursor = page.cursor

    def _known(self, cursor: str) -> FollowerPage:
        return self._store.page(cursor, STORED_EVERY)

    def _advance(self, sync: FollowerSync) -> None:
        if not self._syncs.advance(sync):
            raise StoreError("another worker has gone on with the sync of the followers")

    def _map(self, openids: tuple[str, ...], keep_alive: Callable[[], None]) -> None:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="followers") as pool:
            for part in batched(openids, DESCRIBED_AT_ONCE, strict=False):
                keep_alive()
                infos = self._source.infos(part)
                list(pool.map(self._map_one, infos))

    def _map_one(self, info: FollowerInfo) -> bool:
        return self._map_follower.of_info(info)

    def _after(self, sync: FollowerSync, *, cursor: str, followers: int) -> FollowerSync:
        return replace(sync, cursor=cursor, followers=followers, step=sync.step + 1, touched_at=self._clock())

    def _next_phase(self, sync: FollowerSync) -> FollowerSync:
        after = self._after(sync, cursor="", followers=sync.followers)
        if sync.phase is SyncPhase.LISTED:
            return replace(after, phase=SyncPhase.KNOWN)
        return replace(after, finished_at=after.touched_at)
