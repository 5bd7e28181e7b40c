"""The official account's side of its followers: events, what WeChat says, what is stored, and the sync."""

import enum
from dataclasses import dataclass, replace
from typing import Final, Self

# How long a sync rests where WeChat's quota is used up.
SYNC_REST_SECONDS: Final = 15 * 60
# A sync that nothing has touched for so long is begun anew: a rest, and longer than any step takes.
SYNC_STALE_MS: Final = (SYNC_REST_SECONDS + 10 * 60) * 1000


class FollowStep(enum.StrEnum):
    """What WeChat's event says that somebody did. A scan of a QR code shows that they follow."""

    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"


@dataclass(frozen=True, slots=True)
class FollowChanged:
    """Events come in any order, and may come twice. `openid`: in the official account. `at`: by WeChat's clock, in seconds."""

    openid: str
    step: FollowStep
    at: int


@dataclass(frozen=True, slots=True)
class SendFailed:
    """WeChat accepted a message of the official account and could not deliver it.

    `msgid` is empty where WeChat gave none. `status`: WeChat's words. `at`: in seconds.
    """

    openid: str
    msgid: str
    status: str
    at: int


type OfficialEvent = FollowChanged | SendFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerInfo:
    """What WeChat says now of somebody in the official account. Of who doesn't follow, it says nothing else.

    `unionid`: None, too, if the account is bound to no Open Platform account. `followed_at`: in seconds.
    """

    openid: str
    follows: bool
    unionid: str | None = None
    followed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFollower:
    """What is stored of somebody in the official account.

    `followed_at`, `unfollowed_at`: the last that is known of each, by WeChat's clock, in seconds. `version` grows with
    each write, and is 0 for somebody who isn't stored. It is the time of the write (ms), or one more than the version
    before: so it is higher than any before, even if those were lost.
    """

    openid: str
    unionid: str | None = None
    follows: bool = False
    followed_at: int = 0
    unfollowed_at: int = 0
    version: int = 0

    def after(self, info: FollowerInfo, now: int, change: FollowChanged | None = None) -> Self:
        """With what WeChat says now, and the event that led to the question.

        What WeChat says now comes from its caches: an unfollow that is later than the last follow stands against it.
        """
        followed_at = max(self.followed_at, info.followed_at or 0, _at(change, FollowStep.FOLLOWED))
        unfollowed_at = max(self.unfollowed_at, _at(change, FollowStep.UNFOLLOWED))
        changed = replace(
            self,
            unionid=info.unionid or self.unionid,
            follows=info.follows and followed_at >= unfollowed_at,
            followed_at=followed_at,
            unfollowed_at=unfollowed_at,
        )
        if changed == self and self.version:
            return self
        return replace(changed, version=max(self.version + 1, now))


def _at(change: FollowChanged | None, step: FollowStep) -> int:
    return change.at if change and change.step is step else 0


class SyncPhase(enum.StrEnum):
    """First WeChat's list of followers is read. Then those that are stored as followers are asked for."""

    LISTED = "listed"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerSync:
    """A pass over all followers. `cursor`: what is before it is stored. `step` grows with each write. Times are in ms."""

    id: str
    started_at: int
    touched_at: int
    phase: SyncPhase = SyncPhase.LISTED
    cursor: str = ""
    followers: int = 0
    step: int = 0
    finished_at: int | None = None

    def is_under_way(self, now: int) -> bool:
        return self.finished_at is None and now < self.touched_at + SYNC_STALE_MS
