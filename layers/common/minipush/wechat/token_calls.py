"""Requests for an access_token. Sources: WeChat's pages of getAccessToken and getStableAccessToken."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errors import AnswerError, RefusedError, TokenRefusedError, WeChatError
from minipush.wechat.token_store import Token
from minipush.wechat.transport import Request, Response, Transport

STABLE_PATH: Final = "/cgi-bin/stable_token"
CLASSIC_PATH: Final = "/cgi-bin/token"
TIMEOUT: Final = 5.0
ADDRESS_REFUSED: Final = 40164
_IPV4: Final = r"\d{1,3}(?:\.\d{1,3}){3}\b"
_IPV6: Final = r"(?:[0-9A-Fa-f]{0,4}:){2,7}"
_ADDRESS: Final = rf"\b{_IPV4}|{_IPV6}(?:{_IPV4}|[0-9A-Fa-f]{{1,4}}\b)"

logger = logging.getLogger(__name__)


class TokenCalls:
    """Both requests raise `TransportError`, `AnswerError` or `TokenRefusedError`."""

    def __init__(
        self, transport: Transport, appid: str, secret: str | Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self.appid = appid
        self._transport = transport
        self._secret = secret
        self._clock = clock

    def stable(self, *, force: bool = False) -> Token:
        """The account's current token. `force`: a new one, which ends the last (20 a day, 30 s apart)."""
        forced = {"force_refresh": True} if force else {}
        credentials = self._credentials()
        body = json.dumps(credentials | forced).encode()
        return self._ask(Request("POST", STABLE_PATH, {}, body), credentials["secret"])

    def classic(self) -> Token:
        """Always a new token; the last one ends within 5 minutes. About 2,000 a day."""
        credentials = self._credentials()
        return self._ask(Request("GET", CLASSIC_PATH, credentials), credentials["secret"])

    def _credentials(self) -> dict[str, Any]:
        secret = self._secret if isinstance(self._secret, str) else self._secret()
        return {"grant_type": "client_credential", "appid": self.appid, "secret": secret}

    def _ask(self, request: Request, secret: str) -> Token:
        asked_at = self._clock()
        fields = _fields(self._transport(request, TIMEOUT), secret)
        value, lifetime = fields.get("access_token"), fields.get("expires_in")
        if isinstance(value, str) and value and type(lifetime) is int and 0 < lifetime < 10**6:
            return Token(value, asked_at + lifetime)
        raise AnswerError("no access_token in the answer")


def _fields(response: Response, secret: str) -> dict[str, Any]:
    try:
        return successful_fields(response, secret)
    except RefusedError as error:
        refused = TokenRefusedError(error.code, error.rid, error.errmsg)
        about = {"errcode": refused.errcode, "errmsg": refused.errmsg, "rid": refused.rid}
        logger.warning("WeChat refuses an access_token", extra=about | {"address": address_to_allow(refused)})
        raise refused from None


def address_to_allow(error: WeChatError) -> str | None:
    """The IP address of ours that WeChat refuses, as its errmsg names it."""
    return address_in(error.errmsg or "") if error.errcode == ADDRESS_REFUSED else None


def address_in(errmsg: str) -> str | None:
    """Of a refused address, such as `invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist`, the first form."""
    found = re.search(_ADDRESS, errmsg)
    return found[0] if found else None
