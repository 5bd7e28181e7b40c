"""A client of WeChat's server interface, usable on its own: tokens, errors, and the sending of messages.

Each other interface is a module here, and each transport is one: only who sends imports pycurl (`curl_transport`), and
only who calls the others imports requests (`requests_transport`).
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
    "Reply",
    "Request",
    "Response",
    "Sender",
    "Taken",
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
