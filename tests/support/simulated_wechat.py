"""WeChat's rules without a network: the simulator's state behind the client's transport."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from local.simulator.answers import encoded
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import APPID, SECRET, WeChat
from minipush.channels.channel_type import OfficialAccountClient
from minipush.channels.router import ChannelRouter
from minipush.wechat.errors import ConnectError, LostAnswerError
from minipush.wechat.sender import Sender
from minipush.wechat.tokens import MemoryTokenStore, TokenSource
from minipush.wechat.transport import Request, Response


class KilledError(BaseException):
    """The process dies here. Nothing after it runs."""


@dataclass(slots=True)
class FaultPlan:
    """What happens to the next sends, one word for each. After the last word, sends succeed.

    busy, refused, quota, no_template, nothing_left, at_once, stale, duplicate: WeChat answers −1, 47003, 45009, 40037,
    43101, 43108, 42001, 40241.
    unreached: no connection. http500, garbage, lost_before: no usable answer. killed_before: the process dies.
    busy_after, http500_after, lost_after, killed_after: the same, after WeChat has sent the message.
    """

    words: Iterator[str] = field(default_factory=lambda: iter(()))

    def __call__(self) -> str:
        return next(self.words, "calm")


BUSY = Response(200, b'{"errcode":-1,"errmsg":"system error"}')
ANSWERS = {
    "busy": BUSY,
    "busy_after": BUSY,
    "quota": Response(200, b'{"errcode":45009,"errmsg":"reach max api daily quota limit"}'),
    "no_template": Response(200, b'{"errcode":40037,"errmsg":"invalid template_id"}'),
    "refused": Response(200, b'{"errcode":47003,"errmsg":"argument invalid!"}'),
    "nothing_left": Response(200, b'{"errcode":43101,"errmsg":"user refuse to accept the msg"}'),
    "at_once": Response(200, b'{"errcode":43108,"errmsg":"concurrent send to the same user"}'),
    "stale": Response(
        200, b'{"errcode":42001,"errmsg":"access_token expired rid: 617682e0-09059ac5-34a8e2ea"}'
    ),
    "duplicate": Response(200, b'{"errcode":40241,"errmsg":"duplicate template message"}'),
    "http500": Response(500, b""),
    "http500_after": Response(500, b""),
    "garbage": Response(200, b"<html>"),
}
ERRORS: dict[str, BaseException] = {
    "unreached": ConnectError("no connection"),
    "lost_before": LostAnswerError("reset"),
    "lost_after": LostAnswerError("reset"),
    "killed_before": KilledError(),
    "killed_after": KilledError(),
}


class SimulatedWeChat:
    """One WeChat, and the channels that send to it under a plan of faults.

    `token_store`: the locks of the mini-program's tokens. `sleep`: how to wait for another worker's token.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None] = time.sleep) -> None:
        self.wechat = WeChat(clock, appid=APPID, secret=SECRET, settings=SimulatorSettings(), seed=1)
        self.faults = FaultPlan()
        self.token_store = MemoryTokenStore(clock)
        tokens = TokenSource(
            self._calm, self.wechat.appid, self.wechat.secret, self.token_store, clock=clock, sleep=sleep
        )
        self.wechat_sender = Sender(self._faulty, tokens)
        official = self.wechat.official
        official_tokens = TokenSource(
            self._calm, official.appid, official.secret, MemoryTokenStore(clock), clock=clock
        )
        self.official_client: OfficialAccountClient | None = OfficialAccountClient(
            Sender(self._faulty, official_tokens), self.wechat.appid
        )
        self.channel = ChannelRouter.open(self)

    def plan_faults(self, words: Iterable[str]) -> None:
        self.faults = FaultPlan(iter(words))

    def _calm(self, request: Request, _timeout: float, /) -> Response:
        answer = self.wechat.answer(request.method, request.url_path, request.query, request.body or b"")
        return Response(200, encoded(answer))

    async def _faulty(self, request: Request, timeout: float, /) -> Response:
        word = self.faults()
        if word.endswith("_after"):
            self._calm(request, timeout)
        if word in ANSWERS:
            return ANSWERS[word]
        if word in ERRORS:
            raise ERRORS[word]
        return self._calm(request, timeout)
