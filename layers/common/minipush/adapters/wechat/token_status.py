"""Whether WeChat gives an access_token."""

from minipush.domain.service_status import TokenError, TokenStatus
from minipush.wechat.errors import WeChatError
from minipush.wechat.token_calls import address_to_allow
from minipush.wechat.tokens import TokenSource


def token_status(tokens: TokenSource, kind: str) -> TokenStatus:
    """Ask WeChat now. Raises StoreError where the AppSecret or the store of tokens can't be read."""
    try:
        token = tokens.check()
    except WeChatError as error:
        return TokenStatus(kind=kind, error=_error(error))
    return TokenStatus(kind=kind, expires_at=round(token.expires_at * 1000))


def _error(error: WeChatError) -> TokenError:
    return TokenError(
        what=str(error),
        errcode=error.errcode,
        errmsg=error.errmsg,
        rid=error.rid,
        address=address_to_allow(error),
    )
