"""The followers of the official account, known to both accounts by their unionid.

Source: user/get, user/info and user/info/batchget on developers.weixin.qq.com.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.answers import Answer, ErrcodeError

MOST_AT_ONCE = 100


@dataclass(slots=True)
class Follower:
    """`follows`: False after an unfollow. WeChat knows the openid all the same."""

    openid: str
    unionid: str
    follows: bool = False
    followed_at: int = 0


class Followers:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._followers: dict[str, Follower] = {}
        self._by_unionid: dict[str, Follower] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self._following())

    def follow(self, unionid: str) -> Follower:
        """The person's openid is the same each time they follow."""
        follower = self._by_unionid.get(unionid)
        if follower is None:
            follower = self._by_unionid[unionid] = Follower(self._ids.openid(), unionid)
            self._followers[follower.openid] = follower
        follower.follows, follower.followed_at = True, int(self._clock())
        return follower

    def find(self, unionid: str) -> Follower | None:
        return self._by_unionid.get(unionid)

    def check(self, openid: object) -> Follower:
        """ErrcodeError 40003: WeChat has never seen the openid."""
        found = self._followers.get(openid) if isinstance(openid, str) else None
        if found is None:
            raise ErrcodeError(40003)
        return found

    def page(self, next_openid: str, size: int) -> Answer:
        """The openids after `next_openid`, in the order in which people first followed."""
        openids = [follower.openid for follower in self._following()]
        start = openids.index(next_openid) + 1 if next_openid in openids else 0
        page = openids[start : start + size]
        listed = {"data": {"openid": page}, "next_openid": page[-1]} if page else {"next_openid": ""}
        return {"total": len(openids), "count": len(page), **listed}

    def info(self, openid: object) -> Answer:
        """Of somebody who doesn't follow, WeChat says no more than that."""
        follower = self.check(openid)
        if not follower.follows:
            return {"subscribe": 0, "openid": follower.openid}
        return {
            "subscribe": 1,
            "openid": follower.openid,
            "language": "zh_CN",
            "subscribe_time": follower.followed_at,
            "unionid": follower.unionid,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_QR_CODE",
            "qr_scene": 0,
            "qr_scene_str": "",
        }

    def infos(self, fields: dict[str, Any]) -> Answer:
        """ErrcodeError 40031, 40032: the list is no list of openids, or too long."""
        listed = fields.get("user_list")
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise ErrcodeError(40031)
        if not 0 < len(listed) <= MOST_AT_ONCE:
            raise ErrcodeError(40032)
        return {"user_info_list": [self.info(entry.get("openid")) for entry in listed]}

    def _following(self) -> Iterator[Follower]:
        return (follower for follower in self._followers.values() if follower.follows)
