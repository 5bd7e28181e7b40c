"""A client of WeChat's server interface, usable on its own: errors, access tokens, and the bodies of messages.

Each interface is a module here, and each transport is one: only who sends messages (`sender`) imports asyncio and, for
`curl_transport`, pycurl; only who calls the other interfaces imports requests (`requests_transport`).
"""

from minipush.wechat.errcodes import Code, Reaction, code_of
from minipush.wechat.errors import (
    AnswerError,
    ConnectError,
    LoginRefusedError,
    LostAnswerError,
    RefusedError,
    TokenAwaitedError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
    WeChatError,
)
from minipush.wechat.messages import official_message, subscribe_message, template_message, to_body
from minipush.wechat.tokens import MemoryTokenStore, Token, TokenSource, TokenStore
from minipush.wechat.transport import AsyncTransport, Request, Response, Transport

__all__ = [
    "AnswerError",
    "AsyncTransport",
    "Code",
    "ConnectError",
    "LoginRefusedError",
    "LostAnswerError",
    "MemoryTokenStore",
    "Reaction",
    "RefusedError",
    "Request",
    "Response",
    "Token",
    "TokenAwaitedError",
    "TokenRefusedError",
    "TokenSource",
    "TokenStore",
    "TokenUnavailableError",
    "Transport",
    "TransportError",
    "WeChatError",
    "code_of",
    "official_message",
    "subscribe_message",
    "template_message",
    "to_body",
]
