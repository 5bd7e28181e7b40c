"""One user, a WeChat with its rules and faults, and deliveries to that user."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from support.memory import MemoryStore
from support.rate_gate import FreeSlots
from support.simulated_wechat import SimulatedWeChat

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.messages import Message, Outcome
from minipush.domain.permit_kinds import form_permits, pay_permits
from minipush.domain.permits import LIFE_MS, Permit
from minipush.domain.users import User

OPENID = "ada-lovelace"
MESSAGE = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})
SUBSCRIBE = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})
AT_LEAST_ONCE = replace(SUBSCRIBE, on_unknown="retry")
TRIES = 4


@dataclass
class Case:
    now: float = 1_800_000_000.0
    pauses: list[float] = field(default_factory=list)
    unproven: list[int] = field(default_factory=list)
    in_pause: Callable[[], object] = lambda: None
    """What happens while a delivery waits for its next try."""

    def __post_init__(self) -> None:
        self.sky = SimulatedWeChat(lambda: self.now)
        self.sky.wechat.users.add(OPENID)
        self.store = MemoryStore()
        self.retry_policy = RetryPolicy(tries=TRIES, first_pause=0.001, sleep=self._pause)
        self.ledger: Any = self.store
        self.slots = FreeSlots()
        self.channel: Any = self.sky.channel

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.in_pause()

    def milliseconds(self) -> int:
        return int(self.now * 1000)

    def tap(self, form_id: str, *, real: bool = True, expires_in: int = LIFE_MS) -> None:
        if real:
            self.sky.wechat.sends.forms.give(form_id, OPENID, "form")
        now = self.milliseconds()
        self.store.add(OPENID, form_permits(form_id, now + expires_in, now))

    def pay(self, prepay_id: str) -> None:
        self.sky.wechat.sends.forms.give(prepay_id, OPENID, "pay")
        self.store.add(OPENID, pay_permits(prepay_id, self.milliseconds()))

    def accept(self, id_: str, *, long_term: bool = False, real: bool = True) -> None:
        if long_term:
            if real:
                self.sky.wechat.sends.subscriptions.accept_long_term(OPENID, "T1")
            self.store.add(OPENID, [Permit(permit_kinds.LONG, "", template_id="T1")])
        else:
            if real:
                self.sky.wechat.sends.subscriptions.accept(OPENID, "T1", 1)
            self.store.add(OPENID, [Permit(permit_kinds.ONCE, id_, template_id="T1")])

    def deliver(
        self,
        *faults: str,
        message: Message = MESSAGE,
        id_: str = "delivery",
        seconds: float = 60,
        is_long_term: bool | None = None,
        user: User | None = None,
    ) -> Outcome:
        """`user`: as the user was read; by default, the user is read now."""
        self.sky.plan_faults(faults)
        deadline = time.monotonic() + seconds
        delivery = Delivery(id_, uuid.uuid4().hex[:8], message, deadline, is_long_term=is_long_term)
        return asyncio.run(Deliver(self._dependencies)(user or self.store.read(OPENID), delivery))

    @property
    def _dependencies(self) -> DeliveryDependencies:
        return DeliveryDependencies(
            ledger=self.ledger,
            channel=self.channel,
            rate_gate=self.slots,
            clock=self.milliseconds,
            retry_policy=self.retry_policy,
            count_unproven=self.unproven.append,
        )

    @property
    def taken(self) -> list[str]:
        """What went into the messages that WeChat took."""
        return [message.form_id or message.permit for message in self.sky.wechat.ledger.messages]

    @property
    def live(self) -> list[str]:
        return [permit.id for permit in self.store.read(OPENID).live(self.milliseconds())]


def give(case: Case, kind: str) -> Message:
    """A permit of the kind; return a message that spends it."""
    match kind:
        case "form":
            case.tap("a")
        case "pay":
            case.pay("p")
        case _:
            case.accept("o", long_term=kind == "long")
    return MESSAGE if kind in {"form", "pay"} else SUBSCRIBE


def claimed(case: Case) -> int:
    return sum(permit.claim is not None for permit in case.store.read(OPENID).permits)
