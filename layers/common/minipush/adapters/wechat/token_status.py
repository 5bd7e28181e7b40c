"""Whether WeChat gives an access_token."""

import re

from minipush.domain.service_status import TokenError, TokenStatus
from minipush.wechat.errors import WeChatError
from minipush.wechat.tokens import TokenSource

ADDRESS_REFUSED = 40164
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


def token_status(tokens: TokenSource, kind: str) -> TokenStatus:
    """Ask WeChat now. Raises StoreError where the AppSecret or the store of tokens can't be read."""
    try:
        token = tokens.check()
    except WeChatError as error:
        return TokenStatus(kind=kind, error=_error(error))
    return TokenStatus(kind=kind, expires_at=round(token.expires_at * 1000))


def _error(error: WeChatError) -> TokenError:
    found = _ADDRESS.search(error.errmsg or "") if error.errcode == ADDRESS_REFUSED else None
    return TokenError(
        what=str(error),
        errcode=error.errcode,
        errmsg=error.errmsg,
        rid=error.rid,
        address=found[0] if found else None,
    )
