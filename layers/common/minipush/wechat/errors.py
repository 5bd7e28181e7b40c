"""What can go wrong in a call to WeChat, and in a push from it.

WeChatError                    reaction, errcode and rid where there is one
├── TransportError             no answer
│   ├── ConnectError           the request certainly never reached WeChat
│   └── LostAnswerError        the request began: WeChat may have acted on it
├── AnswerError                an answer that is not what the interface gives
├── RefusedError               WeChat answered with an errcode
│   ├── TokenRefusedError      … to a request for an access_token
│   └── LoginRefusedError      … to a js_code: the client must log in again
└── TokenUnavailableError      WeChat keeps giving a token that it refuses, or another worker's never came

PushError                      what came to the callback is of no use
├── PushRefusedError           WeChat did not sign it, or meant another mini-program, or it is old
└── MalformedPushError         WeChat signed it, but it can't be read

No message bears a URL, a body or an errmsg: access_token and secret travel in them.
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
    ) -> None:
        super().__init__(message)
        self.reaction = reaction
        self.errcode = errcode
        self.rid = rid


class TransportError(WeChatError):
    pass


class ConnectError(TransportError):
    pass


class LostAnswerError(TransportError):
    pass


class AnswerError(WeChatError):
    pass


class RefusedError(WeChatError):
    def __init__(self, code: Code, rid: str | None = None) -> None:
        super().__init__(
            f"{code.errcode}: {code.meaning}", reaction=code.reaction, errcode=code.errcode, rid=rid
        )
        self.code = code


class TokenRefusedError(RefusedError):
    """It passes by itself, or (a wrong secret, an IP address not allowed) someone must act: pause."""

    def __init__(self, code: Code, rid: str | None = None) -> None:
        super().__init__(code, rid)
        if self.reaction is not Reaction.BACK_OFF:
            self.reaction = Reaction.PAUSE


class LoginRefusedError(RefusedError):
    pass


class TokenUnavailableError(WeChatError):
    pass


class PushError(Exception):
    pass


class PushRefusedError(PushError):
    pass


class MalformedPushError(PushError):
    pass
