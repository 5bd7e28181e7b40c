"""Followers of the official account in memory. They pass the contract suites of the real ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.simulator.answers import ErrcodeError
from local.simulator.official.followers import Followers
from minipush.application.ports.followers import FollowerPage
from minipush.domain.follower import Follower
from minipush.domain.followers import (
    FollowerInfo,
    FollowerSync,
    KnownFollower,
    OfficialEvent,
)


@dataclass
class MemoryFollowers:
    """`profiles`: what the users' profiles say, with its version. `writes` counts all writes."""

    followers: dict[str, KnownFollower] = field(default_factory=dict)
    unions: dict[str, dict[str, str]] = field(default_factory=dict)
    profiles: dict[str, tuple[Follower, int]] = field(default_factory=dict)
    writes: int = 0

    def read(self, openid: str) -> KnownFollower:
        return self.followers.get(openid, KnownFollower(openid=openid))

    def keep(self, follower: KnownFollower, before: int) -> bool:
        if self.read(follower.openid).version != before:
            return False
        self.followers[follower.openid] = follower
        self.writes += 1
        return True

    def page(self, cursor: str, most: int) -> FollowerPage:
        after = [o for o, known in sorted(self.followers.items()) if known.follows and o > cursor]
        page = tuple(after[:most])
        return FollowerPage(page, page[-1] if len(after) > most else None)

    def join_follower(self, unionid: str, openid: str) -> str | None:
        return self._join(unionid, "follower", openid).get("user")

    def join_user(self, unionid: str, openid: str) -> str | None:
        return self._join(unionid, "user", openid).get("follower")

    def user_of(self, unionid: str) -> str | None:
        return self.unions.get(unionid, {}).get("user")

    def copy(self, openid: str, follower: KnownFollower) -> None:
        there = self.profiles.get(openid)
        if there and there[0].openid == follower.openid and there[1] >= follower.version:
            return
        self.profiles[openid] = Follower(follower.openid, follower.follows), follower.version
        self.writes += 1

    def _join(self, unionid: str, half: str, openid: str) -> dict[str, str]:
        halves = self.unions.setdefault(unionid, {})
        self.writes += halves.get(half) != openid
        halves[half] = openid
        return halves


@dataclass
class MemoryFollowerSyncs:
    sync: FollowerSync | None = None
    steps: list[FollowerSync] = field(default_factory=list)

    def read(self) -> FollowerSync | None:
        return self.sync

    def begin(self, sync: FollowerSync) -> None:
        self.sync = sync

    def advance(self, sync: FollowerSync) -> bool:
        if self.sync == sync:
            return True
        if self.sync is None or (self.sync.id, self.sync.step) != (sync.id, sync.step - 1):
            return False
        self.sync = sync
        self.steps.append(sync)
        return True


@dataclass
class MemoryOfficialQueue:
    events: list[OfficialEvent] = field(default_factory=list)
    syncs: list[tuple[str, int]] = field(default_factory=list)

    def put_event(self, event: OfficialEvent) -> None:
        self.events.append(event)

    def put_sync(self, sync_id: str, delay_seconds: int = 0) -> None:
        self.syncs.append((sync_id, delay_seconds))


@dataclass
class SimulatedFollowers:
    """WeChat: the simulator's followers. `before_answer` runs between a question and its answer."""

    followers: Followers
    page_size: int = 10_000
    asked: list[Sequence[str]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None

    def info(self, openid: str) -> FollowerInfo | None:
        try:
            answer = self.followers.info(openid)
        except ErrcodeError:
            return None
        self.asked.append([openid])
        self.before_answer()
        return FollowerInfo(
            openid=openid,
            follows=answer["subscribe"] == 1,
            unionid=answer.get("unionid"),
            followed_at=answer.get("subscribe_time"),
        )

    def infos(self, openids: Sequence[str]) -> list[FollowerInfo]:
        assert len(openids) <= 100
        found = [info for openid in openids if (info := self.info(openid))]
        self.asked[len(self.asked) - len(openids) :] = [openids]
        return found

    def page(self, cursor: str) -> FollowerPage:
        self.pages.append(cursor)
        openids = self.followers.page(cursor, self.page_size).get("data", {}).get("openid", [])
        return FollowerPage(tuple(openids), openids[-1] if openids else None)
