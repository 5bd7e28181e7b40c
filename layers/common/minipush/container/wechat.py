"""Builders of WeChat's client, for the account that the settings name."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipush.adapters.wechat.sessions import WeChatSessions
    from minipush.adapters.wechat.templates import WeChatTemplates
    from minipush.adapters.wechat.text_check import WeChatTextCheck
    from minipush.channels.router import ChannelRouter
    from minipush.container import Container
    from minipush.wechat.callback import Callback
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
    if c.redis:
        from minipush.adapters.redis.tokens import RedisTokenStore

        return RedisTokenStore(c.redis)
    from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore

    return DynamoTokenStore(c.dynamodb, c.settings.state_table)


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


def text_check(c: "Container") -> "WeChatTextCheck":
    """WeChat's client is built with the first check."""
    from minipush.adapters.wechat.text_check import WeChatTextCheck
    from minipush.wechat.text_check import TextCheck

    return WeChatTextCheck(lambda text, openid: TextCheck(c.transport, c.tokens).check(text, openid))


def read_callback(c: "Container") -> "Callable[[], Callback]":
    """Read for each push: the secret may change. The callable raises StoreError."""
    from minipush.settings import own_setting
    from minipush.wechat.callback import Callback

    arn = own_setting(os.environ, "CALLBACK_SECRET_ARN")

    def read() -> Callback:
        secret = c.secrets.read(arn)
        token, key = (str(secret.get(name) or "") for name in ("callback_token", "encoding_aes_key"))
        accepts_plain = secret.get("plain_pushes") == "accept"
        return Callback(c.settings.account.appid, token, key, c.clock, accepts_plain=accepts_plain)

    return read
