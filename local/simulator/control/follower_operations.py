"""The operations of the control API by which people follow the official account."""

from collections.abc import Mapping
from typing import Any

from local.simulator.control.commands import Follows, Scan, Unfollows
from local.simulator.control.user_operations import UnknownUserError
from local.simulator.official.followers import Follower
from local.simulator.state import SimulatorState
from local.simulator.wechat import WeChat

Json = dict[str, Any]
Query = Mapping[str, str]


def follow(state: SimulatorState, body: bytes, _query: Query) -> Json:
    """`followers`: by the openid of the mini-program, the openid of the official account."""
    wanted, wechat = Follows.model_validate_json(body), state.wechat
    unionids = {openid: _unionid(wechat, openid) for openid in wanted.openids}
    strangers = [wechat.official.follow(wechat.ids.unionid()) for _ in range(wanted.count)]
    return {
        "followers": {openid: wechat.official.follow(unionid).openid for openid, unionid in unionids.items()},
        "strangers": [follower.openid for follower in strangers],
    }


def unfollow(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = Unfollows.model_validate_json(body)
    for follower in [_follower(state.wechat, openid) for openid in wanted.openids]:
        state.wechat.official.unfollow(follower)
    return {}


def scan(state: SimulatorState, body: bytes, _query: Query) -> Json:
    wanted = Scan.model_validate_json(body)
    state.wechat.official.scan(_follower(state.wechat, wanted.openid), wanted.scene)
    return {}


def _follower(wechat: WeChat, openid: str) -> Follower:
    found = wechat.official.followers.find(_unionid(wechat, openid))
    if found is None:
        raise UnknownUserError(f"{openid} has never followed the official account")
    return found


def _unionid(wechat: WeChat, openid: str) -> str:
    user = wechat.users.find(openid)
    if user is None:
        raise UnknownUserError(f"no such user: {openid}")
    return user.unionid
