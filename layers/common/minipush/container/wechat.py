"""Builders of WeChat's client, for the account that the settings name."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from minipush.adapters.wechat.quotas import WeChatQuotas
    from minipush.adapters.wechat.sessions import WeChatSessions
    from minipush.adapters.wechat.templates import WeChatTemplates
    from minipush.adapters.wechat.text_check import WeChatTextCheck
    from minipush.channels.router import ChannelRouter
    from minipush.container import Container
    from minipush.wechat.callback import Callback, PushCredentials
    from minipush.wechat.curl_transport import CurlTransport
    from minipush.wechat.requests_transport import RequestsTransport
    from minipush.wechat.sender import Sender
    from minipush.wechat.token_store import TokenStore
    from minipush.wechat.tokens import TokenSource

SENDS_IN_FLIGHT = 200


def app_secret(c: "Container") -> "Callable[[], str]":
    """Read before each use: the secret may change."""
    return lambda: str(c.secrets.read(c.settings.wechat_secret_arn)["app_secret"])


def transport(c: "Container") -> "RequestsTransport":
    from minipush.wechat.requests_transport import RequestsTransport

    made = RequestsTransport(c.settings.wechat_api_base, ca=c.settings.wechat_ca)
    c.closing.callback(made.close)
    return made


def send_transport(c: "Container") -> "CurlTransport":
    from minipush.wechat.curl_transport import CurlTransport

    base, ca = c.settings.wechat_api_base, c.settings.wechat_ca
    made = CurlTransport(base, ca=ca, connections=SENDS_IN_FLIGHT)
    runner = c.loop
    c.closing.callback(lambda: runner.run(made.__aexit__()))
    return made


def token_store(c: "Container") -> "TokenStore":
    from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore

    in_table = DynamoTokenStore(c.dynamodb, c.settings.state_table)
    if not c.redis:
        return in_table
    from minipush.adapters.redis.tokens import RedisTokenStore

    return RedisTokenStore(c.redis, in_table)


def tokens(c: "Container") -> "TokenSource":
    from minipush.wechat.tokens import TokenSource

    appid, mode = c.settings.account.appid, c.settings.wechat_token_mode
    return TokenSource(
        lambda request, timeout: c.transport(request, timeout), appid, c.app_secret, c.token_store, mode=mode
    )


def wechat_sender(c: "Container") -> "Sender":
    from minipush.wechat.sender import Sender

    return Sender(c.send_transport, c.tokens)


def channel(c: "Container") -> "ChannelRouter":
    from minipush.channels.router import ChannelRouter

    return ChannelRouter.open(c)


def sessions(c: "Container") -> "WeChatSessions":
    from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
    from minipush.adapters.wechat.sessions import WeChatSessions
    from minipush.wechat.sessions import Sessions

    sessions = Sessions(c.transport, c.settings.account.appid, c.app_secret)
    return WeChatSessions(sessions, CircuitBreaker(c.clock))


def account_templates(c: "Container") -> "WeChatTemplates":
    from minipush.adapters.wechat.templates import WeChatTemplates
    from minipush.wechat.templates import AccountTemplates

    return WeChatTemplates(AccountTemplates(c.transport, c.tokens))


def read_quota(c: "Container") -> "WeChatQuotas":
    from minipush.adapters.wechat.quotas import WeChatQuotas
    from minipush.domain.accounts import AccountKind
    from minipush.wechat.quotas import AccountQuotas

    def account(kind: AccountKind) -> AccountQuotas | None:
        if kind is AccountKind.MINI_PROGRAM:
            return AccountQuotas(c.transport, c.tokens)
        if c.official_transport is None or c.official_tokens is None:
            return None
        return AccountQuotas(c.official_transport, c.official_tokens)

    return WeChatQuotas(account)


def text_check(c: "Container") -> "WeChatTextCheck":
    """WeChat's client is built with the first check."""
    from minipush.adapters.wechat.text_check import WeChatTextCheck
    from minipush.wechat.text_check import TextCheck

    return WeChatTextCheck(lambda text, openid: TextCheck(c.transport, c.tokens).check(text, openid))


def read_callback(c: "Container") -> "Callable[[], Callback]":
    """Read for each push: the secret may change. The callable raises StoreError."""
    from minipush.settings import own_setting

    arn = own_setting(os.environ, "CALLBACK_SECRET_ARN")
    return lambda: callback_of(c.secrets.read(arn), c.settings.account.appid, c.clock)


def callback_of(secret: "Mapping[str, Any]", appid: str, clock: "Callable[[], int]") -> "Callback":
    """Of `{"callback_token", "encoding_aes_key"?, "plain_pushes"?, "replaced"?: [{"callback_token", "encoding_aes_key"?}]}`.

    A damaged entry of `replaced` opens nothing.
    """
    from minipush.wechat.callback import Callback

    current, *replaced = [_push_credentials(one) for one in (secret, *_entries(secret.get("replaced")))]
    return Callback(
        appid,
        current.token,
        current.encoding_aes_key,
        clock,
        accepts_plain=secret.get("plain_pushes") == "accept",
        replaced=replaced,
    )


def _push_credentials(entry: "Mapping[str, Any]") -> "PushCredentials":
    from minipush.wechat.callback import PushCredentials

    token, key = (str(entry.get(name) or "") for name in ("callback_token", "encoding_aes_key"))
    return PushCredentials(token, key)


def _entries(value: object) -> "list[Mapping[str, Any]]":
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
