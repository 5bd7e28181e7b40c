"""WeChat's answers: HTTP 200 with JSON. A refusal is `{"errcode", "errmsg"}`, and its errmsg ends in a rid."""

import json
from typing import Any

Answer = dict[str, Any]
OK: Answer = {"errcode": 0, "errmsg": "ok"}

MEANINGS = {
    -1: "system error",
    404: "not found",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40036: "invalid template_id size",
    40037: "invalid template_id",
    40031: "invalid openid list",
    40032: "invalid openid list size",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40138: "invalid emphasis_keyword",
    40165: "invalid weapp pagepath",
    40166: "invalid weapp appid",
    40226: "code blocked",
    40241: "duplicate template message in 60 seconds",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41028: "invalid form id",
    41029: "form id used count reach limit",
    41030: "invalid page",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    43108: "concurrent sends to the same user",
    43116: "this template is banned",
    43117: "too many template messages to this user",
    44002: "empty post data",
    44991: "out of freq limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit",
    46101: "this api is not supported since 2020-01-11 00:00:00",
    47001: "data format error",
    47002: "escaped unicode in post data",
    47003: "argument invalid!",
    48006: "forbid to clear quota because of reaching the limit",
    61010: "openid not active within 2 hours",
    76021: "cgi_path not found, please check",
    76022: "could not use this cgi_path, no permission",
    200014: "invalid template id",
    200020: "invalid keyword id list",
    200021: "invalid scene description",
    200022: "same title and keywords exist",
}


class ErrcodeError(Exception):
    """WeChat refuses the call with this errcode."""

    def __init__(self, errcode: int, errmsg: str | None = None) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = errmsg or MEANINGS.get(errcode, "error")


def refusal(error: ErrcodeError, rid: str) -> Answer:
    return {"errcode": error.errcode, "errmsg": f"{error.errmsg} rid: {rid}"}


def encoded(answer: Answer) -> bytes:
    """JSON in UTF-8. Half of a surrogate pair, which UTF-8 cannot encode, becomes `?`."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
