"""The errors of calls to WeChat and of pushes from WeChat.

WeChatError                    has a reaction, and an errcode, a rid and an errmsg if there are any
├── TransportError             no answer
│   ├── ConnectError           the request did not reach WeChat
│   └── LostAnswerError        the request was sent, and WeChat may have acted on it
├── AnswerError                an answer that the interface does not specify
├── RefusedError               WeChat answered with an errcode
│   ├── TokenRefusedError      … to a request for an access_token
│   └── LoginRefusedError      … to a js_code: the client must log in again
├── TokenUnavailableError      WeChat keeps returning a token that it refuses
└── TokenAwaitedError          another worker is fetching a token, and none has come yet

PushError                      the callback can't use the request
├── PushRefusedError           it is old, not signed by WeChat, or for another mini-program
└── MalformedPushError         it is signed by WeChat, but can't be read

No message contains a URL, a body or an errmsg: they may contain the access_token or the secret. The attribute
`errmsg` is redacted.
"""

from minipush.wechat.errcodes import Code, Reaction


class WeChatError(Exception):
    def __init__(
        self,
        message: str,
        *,
        reaction: Reaction = Reaction.BACK_OFF,
        errcode: int | None = None,
        rid: str | None = None,
        errmsg: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reaction = reaction
        self.errcode = errcode
        self.rid = rid
        self.errmsg = errmsg


class TransportError(WeChatError):
    pass


class ConnectError(TransportError):
    pass


class LostAnswerError(TransportError):
    pass


class AnswerError(WeChatError):
    pass


class RefusedError(WeChatError):
    def __init__(self, code: Code, rid: str | None = None, errmsg: str | None = None) -> None:
        super().__init__(
            f"{code.errcode}: {code.meaning}",
            reaction=code.reaction,
            errcode=code.errcode,
            rid=rid,
            errmsg=errmsg,
        )
        self.code = code


class TokenRefusedError(RefusedError):
    """The refusal is temporary, or somebody has to act (a wrong secret, an IP address not allowed): then pause."""

    def __init__(self, code: Code, rid: str | None = None, errmsg: str | None = None) -> None:
        super().__init__(code, rid, errmsg)
        if self.reaction is not Reaction.BACK_OFF:
            self.reaction = Reaction.PAUSE


class LoginRefusedError(RefusedError):
    pass


class TokenUnavailableError(WeChatError):
    pass


class TokenAwaitedError(WeChatError):
    pass


class PushError(Exception):
    pass


class PushRefusedError(PushError):
    pass


class MalformedPushError(PushError):
    pass
