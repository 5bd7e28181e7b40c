"""A client of WeChat's server interface, usable on its own.

`CurlTransport` is in `minipush.wechat.curl_transport` and `RequestsTransport` in `minipush.wechat.requests_transport`, so
that only those who call WeChat import pycurl and requests.
"""

from minipush.wechat.errcodes import Code, Reaction, code_of
from minipush.wechat.errors import (
    AnswerError,
    ConnectError,
    LoginRefusedError,
    LostAnswerError,
    RefusedError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
    WeChatError,
)
from minipush.wechat.messages import subscribe_message, template_message, to_body
from minipush.wechat.sender import Reply, Sender, Taken
from minipush.wechat.sessions import Session, Sessions
from minipush.wechat.templates import AccountTemplate, AccountTemplates
from minipush.wechat.text_check import Suggestion, TextCheck, TextVerdict
from minipush.wechat.tokens import MemoryTokenStore, Token, TokenSource, TokenStore
from minipush.wechat.transport import AsyncTransport, Request, Response, Transport

__all__ = [
    "AccountTemplate",
    "AccountTemplates",
    "AnswerError",
    "AsyncTransport",
    "Code",
    "ConnectError",
    "LoginRefusedError",
    "LostAnswerError",
    "MemoryTokenStore",
    "Reaction",
    "RefusedError",
    "Reply",
    "Request",
    "Response",
    "Sender",
    "Session",
    "Sessions",
    "Suggestion",
    "Taken",
    "TextCheck",
    "TextVerdict",
    "Token",
    "TokenRefusedError",
    "TokenSource",
    "TokenStore",
    "TokenUnavailableError",
    "Transport",
    "TransportError",
    "WeChatError",
    "code_of",
    "subscribe_message",
    "template_message",
    "to_body",
]
