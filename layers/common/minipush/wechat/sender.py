"""Sending one message, and knowing whether WeChat took it."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from minipush.wechat.answers import Answer, read_answer
from minipush.wechat.errcodes import Reaction, code_of, reaction_to_status
from minipush.wechat.errors import (
    AnswerError,
    ConnectError,
    LostAnswerError,
    TokenUnavailableError,
    WeChatError,
)
from minipush.wechat.tokens import Token, TokenSource
from minipush.wechat.transport import AsyncTransport, Request, Response

TEMPLATE_PATH: Final = "/cgi-bin/message/wxopen/template/send"
SUBSCRIBE_PATH: Final = "/cgi-bin/message/subscribe/send"
OFFICIAL_PATH: Final = "/cgi-bin/message/template/send"

logger = logging.getLogger(__name__)


class Taken(Enum):
    """Whether WeChat took the message. MAYBE: it may have, and another send could reach the user twice."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


@dataclass(slots=True)
class Reply:
    """What became of one send. `reason` is set if `taken` is NO.

    This is no frozen dataclass, as every send makes one: that costs twice as much. The later sent event has the same `msgid` (64 bits). WeChat's console explains a `rid` for seven days.
    `errmsg` is redacted, and set for a refusal only. `reached` is False if the message certainly never got to WeChat.
    """

    taken: Taken
    reaction: Reaction
    reason: str | None = None
    errcode: int | None = None
    msgid: int | None = None
    rid: str | None = None
    reached: bool = True
    errmsg: str | None = field(default=None, compare=False)


_UNREACHED: Final = Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", reached=False)
_LOST: Final = Reply(Taken.MAYBE, Reaction.BACK_OFF)
# A gateway lost the answer of the server behind it, whatever it says itself.
_GATEWAY_FAILED: Final = frozenset({502, 504})
# We send a request at once and in whole, so what timed out is something behind the server that says so.
_REQUEST_TIMEOUT: Final = 408


class Sender:
    """Sends messages. Never raises for anything that WeChat or the network does.

    If WeChat refuses the token, the reply says so (`REFRESH_TOKEN`), and `fetch_token` gets another one. The message
    may then be sent again. The sender does not wait for that: the caller may hold something meanwhile.
    """

    def __init__(self, transport: AsyncTransport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens
        self._rejected: Token | None = None
        self._under_way: asyncio.Task[Token] | None = None

    async def send_template(self, body: bytes, timeout: float) -> Reply:  # noqa: ASYNC109  # as the transport
        """`body` is `to_body(template_message(…))`. `timeout` is in seconds. Without a token, it covers the wait for one."""
        return await self._send(TEMPLATE_PATH, body, timeout)

    async def send_subscribe(self, body: bytes, timeout: float) -> Reply:  # noqa: ASYNC109  # as the transport
        """`body` is `to_body(subscribe_message(…))`. `timeout` is in seconds, as for `send_template`."""
        return await self._send(SUBSCRIBE_PATH, body, timeout)

    async def send_official(self, body: bytes, timeout: float) -> Reply:  # noqa: ASYNC109  # as the transport
        """`body` is `to_body(official_message(…))`, with the official account's tokens. `timeout` as for `send_template`."""
        return await self._send(OFFICIAL_PATH, body, timeout)

    @property
    def has_token(self) -> bool:
        """Whether a send would go out at once. False if WeChat has refused the token."""
        token, rejected = self._tokens.fresh(), self._rejected
        return token is not None and (rejected is None or token.value != rejected.value)

    async def fetch_token(self, timeout: float) -> Reply | None:  # noqa: ASYNC109  # as the transport
        """Wait for a token, at most `timeout` seconds. None if there is one, else the reply that a send would get."""
        token = await self._awaited(self._renewal(), time.monotonic() + timeout)
        return token if isinstance(token, Reply) else None

    async def _send(self, path: str, body: bytes, seconds: float) -> Reply:
        token: Token | Reply | None = self._usable_token()
        if token is None:
            until = time.monotonic() + seconds
            token = await self._awaited(self._renewal(), until)
            seconds = until - time.monotonic()
        if isinstance(token, Reply):
            return token
        reply = await self._try(path, token, body, seconds)
        if reply.reaction is Reaction.REFRESH_TOKEN:
            self._reject(token)
        return reply

    def _usable_token(self) -> Token | None:
        token = self._tokens.fresh()
        if token and self._rejected and token.value == self._rejected.value:
            return None
        return token

    def _reject(self, token: Token) -> None:
        """A late refusal of an older token says nothing of the present one."""
        present = self._tokens.fresh() or token
        if present.value == token.value:
            self._rejected = token

    async def _try(self, path: str, token: Token, body: bytes, seconds: float) -> Reply:
        if seconds <= 0:
            return _UNREACHED
        request = Request("POST", path, {"access_token": token.value}, body)
        try:
            return read_reply(await self._transport(request, seconds), token.value)
        except ConnectError:
            return _UNREACHED
        except LostAnswerError:
            return _LOST

    async def _awaited(self, renewal: asyncio.Task[Token], until: float) -> Token | Reply:
        try:
            # Shielded: a send that gives up must not cancel the renewal that others wait for.
            return await asyncio.wait_for(asyncio.shield(renewal), until - time.monotonic())
        except WeChatError as error:
            about = {"errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid}
            logger.warning("no access_token: %s", error, extra=about)
            return _tokenless(error)
        except Exception as error:  # noqa: BLE001  # the store or the secret failed; nothing was sent
            logger.warning("no access_token: %s", type(error).__name__)
            return _UNREACHED

    def _renewal(self) -> asyncio.Task[Token]:
        """The renewal in progress, or a new one. One thread waits for the token, not one per send."""
        if self._under_way is None:
            self._under_way = asyncio.create_task(asyncio.to_thread(self._renew, self._rejected))
            self._under_way.add_done_callback(self._conclude)
        return self._under_way

    def _renew(self, rejected: Token | None) -> Token:
        return self._tokens.replace(rejected) if rejected else self._tokens.current()

    def _conclude(self, done: asyncio.Task[Token]) -> None:
        self._under_way = None
        # The exception is retrieved here, even if every waiting send was cancelled.
        if not done.cancelled() and isinstance(done.exception(), TokenUnavailableError):
            self._rejected = None  # there is no other token, so the next send tries this one again


def read_reply(response: Response, *secrets: str) -> Reply:
    """Interpret the answer to a send. Only a complete and plausible answer is believed.

    WeChat answers a send with HTTP 200. A proxy writes other statuses, also after WeChat has taken the message: a 5xx
    counts as a refusal only with an errcode of WeChat in it. A 429 or 425 comes from a server that has not passed the
    request on. `secrets` of the request are kept out of the reply.
    """
    status = response.status
    if status in _GATEWAY_FAILED:
        return _LOST
    answer = _answer(response.body)
    if 200 <= status < 300:
        return _believed(answer, secrets) if answer else _LOST
    if status >= 500:
        return _refused(answer, secrets) if answer and _is_refusal_of_wechat(answer) else _LOST
    if answer and answer.errcode:
        return _refused(answer, secrets)
    return _LOST if status == _REQUEST_TIMEOUT else _http_refused(status)


def _answer(body: bytes) -> Answer | None:
    try:
        return read_answer(body)
    except AnswerError:
        return None


def _is_refusal_of_wechat(answer: Answer) -> bool:
    """A proxy in between may write JSON with an errcode of its own, which says nothing of the message."""
    return bool(answer.errcode) and code_of(answer.errcode or 0).known


def _believed(answer: Answer, secrets: tuple[str, ...]) -> Reply:
    msgid = _msgid(answer.fields.get("msgid"))
    if answer.errcode:
        return _refused(answer, secrets)
    if answer.errcode is None and msgid is None:
        return _LOST
    return Reply(Taken.YES, Reaction.OK, errcode=0, msgid=msgid)


def _refused(answer: Answer, secrets: tuple[str, ...]) -> Reply:
    code = code_of(answer.errcode or 0)
    taken = Taken.YES if code.reaction is Reaction.OK else Taken.NO
    return Reply(
        taken, code.reaction, code.reason or None, code.errcode, rid=answer.rid, errmsg=answer.errmsg(secrets)
    )


def _tokenless(error: WeChatError) -> Reply:
    quota = error.errcode is not None and code_of(error.errcode).reason == "quota"
    reason = "quota" if quota else "wechat_unavailable"
    # Another try would soon get the same refused token.
    hopeless = isinstance(error, TokenUnavailableError)
    reaction = Reaction.PAUSE if hopeless else error.reaction
    return Reply(Taken.NO, reaction, reason, error.errcode, rid=error.rid, reached=False, errmsg=error.errmsg)


def _http_refused(status: int) -> Reply:
    reaction = reaction_to_status(status)
    reason = "invalid_data" if reaction is Reaction.MESSAGE_FAIL else "wechat_unavailable"
    return Reply(Taken.NO, reaction, reason)


def _msgid(value: Any) -> int | None:
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        value = int(value)
    return value if type(value) is int and 0 <= value < 1 << 64 else None
