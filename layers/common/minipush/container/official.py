"""Builders of the official account's client and templates. Each is None if the deployment has no such account."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.adapters.dynamodb.state.templates import DynamoTemplates
    from minipush.adapters.wechat.templates import WeChatTemplates
    from minipush.application.messages.refresh_templates import RefreshTemplates
    from minipush.application.messages.sync_templates import SyncTemplates
    from minipush.channels.channel_type import OfficialAccountClient
    from minipush.container import Container
    from minipush.settings.official import OfficialSettings
    from minipush.wechat.requests_transport import RequestsTransport
    from minipush.wechat.tokens import TokenSource
    from minipush.wechat.transport import Request, Response

# Fewer than for the mini-program: an official account may send 100,000 messages a day.
SENDS_IN_FLIGHT = 50


def official_settings(_: "Container") -> "OfficialSettings | None":
    if not os.environ.get("OFFICIAL_APPID"):
        return None
    from minipush.settings.official import OfficialSettings

    return OfficialSettings.read(os.environ)


def official_transport(c: "Container") -> "RequestsTransport | None":
    if c.official_settings is None:
        return None
    from minipush.wechat.requests_transport import RequestsTransport

    made = RequestsTransport(c.official_settings.api_base, ca=c.settings.wechat_ca)
    c.closing.callback(made.close)
    return made


def official_tokens(c: "Container") -> "TokenSource | None":
    settings = c.official_settings
    if settings is None:
        return None
    from minipush.wechat.tokens import TokenSource

    def call(request: "Request", timeout: float, /) -> "Response":
        """The sessions of requests are costly to make, and a sender that never needs a token needs none."""
        made = c.official_transport
        assert made is not None
        return made(request, timeout)

    def secret() -> str:
        return str(c.secrets.read(settings.secret_arn)["app_secret"])

    mode = c.settings.wechat_token_mode
    return TokenSource(call, settings.account.appid, secret, c.token_store, mode=mode)


def official_client(c: "Container") -> "OfficialAccountClient | None":
    if c.official_settings is None or c.official_tokens is None:
        return None
    from minipush.channels.channel_type import OfficialAccountClient
    from minipush.wechat.curl_transport import CurlTransport
    from minipush.wechat.sender import Sender

    transport = CurlTransport(
        c.official_settings.api_base, ca=c.settings.wechat_ca, connections=SENDS_IN_FLIGHT
    )
    runner = c.loop
    c.closing.callback(lambda: runner.run(transport.__aexit__()))
    return OfficialAccountClient(Sender(transport, c.official_tokens), c.settings.account.appid)


def official_templates(c: "Container") -> "DynamoTemplates | None":
    if c.official_settings is None:
        return None
    from minipush.adapters.dynamodb.state.templates import DynamoTemplates

    return DynamoTemplates(c.dynamodb, c.settings.state_table, c.official_settings.account)


def official_account_templates(c: "Container") -> "WeChatTemplates | None":
    if c.official_transport is None or c.official_tokens is None:
        return None
    from minipush.adapters.wechat.templates import WeChatTemplates
    from minipush.wechat.official_templates import OfficialTemplates

    return WeChatTemplates(OfficialTemplates(c.official_transport, c.official_tokens))


def sync_official_templates(c: "Container") -> "SyncTemplates | None":
    if c.official_account_templates is None or c.official_templates is None:
        return None
    from minipush.application.messages.sync_templates import SyncTemplates

    return SyncTemplates(c.official_account_templates, c.official_templates, c.clock)


def refresh_official_templates(c: "Container") -> "RefreshTemplates | None":
    if c.official_templates is None or c.sync_official_templates is None:
        return None
    from minipush.application.messages.refresh_templates import RefreshTemplates

    return RefreshTemplates(c.official_templates, c.sync_official_templates)
