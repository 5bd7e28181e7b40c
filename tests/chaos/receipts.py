"""WeChat's success events about the campaign's messages, as its callback would take them."""

import enum
import time

from local.simulator.client import Control
from minipush.container import Container
from minipush.domain.deliveries import ReportedArrival
from minipush.domain.subscription_events import DeliveriesReported

PAUSE_SECONDS = 0.2


class Receipts(enum.StrEnum):
    """When the events come."""

    NEVER = "never"
    EARLY = "while the campaign runs"
    LATE = "after all workers have ended"


class ReceiptPusher:
    """Each message's event comes once."""

    def __init__(self, wechat: Control, wired: Container) -> None:
        self._wechat = wechat
        self._wired = wired
        self._pushed: set[str] = set()
        self._next_at = 0.0

    def push_if_due(self) -> None:
        if time.monotonic() >= self._next_at:
            self.push()
            self._next_at = time.monotonic() + PAUSE_SECONDS

    def push(self) -> None:
        for message in self._wechat.messages():
            msgid = str(message["msgid"])
            if message["kind"] == "subscribe" and msgid not in self._pushed:
                self._pushed.add(msgid)
                self._handle(message["openid"], message["template_id"], msgid, int(message["at"]))

    def _handle(self, openid: str, template_id: str, msgid: str, at: int) -> None:
        arrival = ReportedArrival(openid=openid, template_id=template_id, msgid=msgid, at=at * 1000)
        self._wired.handle_wechat_event(DeliveriesReported(openid, at, arrivals=(arrival,)))
