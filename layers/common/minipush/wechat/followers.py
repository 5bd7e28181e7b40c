"""The followers of the official account. Source: WeChat's pages of user/get, user/info and user/info/batchget."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errors import AnswerError
from minipush.wechat.tokens import Token, TokenSource
from minipush.wechat.transport import Request, Transport

LIST_PATH: Final = "/cgi-bin/user/get"
INFO_PATH: Final = "/cgi-bin/user/info"
INFOS_PATH: Final = "/cgi-bin/user/info/batchget"
# The longest answer has 10,000 openids.
TIMEOUT: Final = 8.0
MOST_INFOS: Final = 100


@dataclass(frozen=True, slots=True)
class AccountFollower:
    """`unionid` and `subscribe_time` (seconds) are missing of who doesn't follow."""

    openid: str
    subscribe: bool
    unionid: str | None
    subscribe_time: int | None


class AccountFollowers:
    """Every method raises `WeChatError`."""

    def __init__(self, transport: Transport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens

    def page(self, next_openid: str) -> list[str]:
        """At most 10,000 openids after `next_openid`; the first ones for an empty one. Empty at the end."""
        query = {"next_openid": next_openid} if next_openid else {}
        data = self._ask("GET", LIST_PATH, query).get("data")
        openids = data.get("openid") if isinstance(data, dict) else []
        if not isinstance(openids, list) or not all(isinstance(openid, str) for openid in openids):
            raise AnswerError("the answer has no openids")
        return openids

    def info(self, openid: str) -> AccountFollower:
        return _follower(self._ask("GET", INFO_PATH, {"openid": openid, "lang": "zh_CN"}))

    def infos(self, openids: Sequence[str]) -> list[AccountFollower]:
        """Of `MOST_INFOS` at most."""
        wanted = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        body = json.dumps({"user_list": wanted}, ensure_ascii=False).encode()
        listed = self._ask("POST", INFOS_PATH, {}, body).get("user_info_list")
        if not isinstance(listed, list):
            raise AnswerError("the answer has no followers")
        return [_follower(entry) for entry in listed]

    def _ask(
        self, method: str, path: str, query: dict[str, str], body: bytes | None = None
    ) -> dict[str, Any]:
        def call(token: Token) -> dict[str, Any]:
            request = Request(method, path, {"access_token": token.value, **query}, body)
            return successful_fields(self._transport(request, TIMEOUT), token.value)

        return self._tokens.call_with_token(call)


def _follower(entry: object) -> AccountFollower:
    if not isinstance(entry, dict) or not isinstance(entry.get("openid"), str):
        raise AnswerError("a follower without an openid")
    unionid, since = entry.get("unionid"), entry.get("subscribe_time")
    return AccountFollower(
        openid=entry["openid"],
        subscribe=entry.get("subscribe") in (1, "1"),
        unionid=unionid if isinstance(unionid, str) and unionid else None,
        subscribe_time=since if type(since) is int else None,
    )
