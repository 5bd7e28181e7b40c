"""The daily quotas of an account's calls. Source: WeChat's page of openapi/quota/get."""

import json
from dataclasses import dataclass
from typing import Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errors import AnswerError
from minipush.wechat.tokens import Token, TokenSource
from minipush.wechat.transport import Request, Transport

QUOTA_PATH: Final = "/cgi-bin/openapi/quota/get"
TIMEOUT: Final = 3.0


@dataclass(frozen=True, slots=True)
class CallQuota:
    """Calls of one path: allowed in a day, made today, and left today."""

    daily_limit: int
    used: int
    remain: int


class AccountQuotas:
    def __init__(self, transport: Transport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens

    def read(self, path: str) -> CallQuota:
        """`path` begins with a slash. Raises `WeChatError`."""
        body = json.dumps({"cgi_path": path}).encode()

        def call(token: Token) -> CallQuota:
            request = Request("POST", QUOTA_PATH, {"access_token": token.value}, body)
            return _quota(successful_fields(self._transport(request, TIMEOUT), token.value).get("quota"))

        return self._tokens.call_with_token(call)


def _quota(quota: object) -> CallQuota:
    fields = quota if isinstance(quota, dict) else {}
    numbers = [fields.get(name) for name in ("daily_limit", "used", "remain")]
    if not all(type(number) is int for number in numbers):
        raise AnswerError("the answer has no quota")
    return CallQuota(*numbers)  # type: ignore[arg-type]  # mypy doesn't see the check
