"""A provider for each registered channel, for the contract suite of channels. A new channel adds its own here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from support.simulated_wechat import SimulatedWeChat

from minipush.application.ports.channel import About, SendResult
from minipush.channels import OFFICIAL_MESSAGE, SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.channels.router import ChannelRouter
from minipush.domain import permit_kinds
from minipush.domain.messages import Message
from minipush.domain.permits import Permit

NOW = 1_800_000_000
OPENID = "ada-lovelace"


class ChannelHarness(Protocol):
    message: ClassVar[Message]
    gives_msgid: ClassVar[bool]
    rejections: ClassVar[Mapping[About, int]]
    """An errcode for each thing that the provider may reject a message about."""

    def grant(self) -> Permit:
        """A permit that the provider knows of."""
        ...

    def reject(self, errcode: int) -> None:
        """Have the provider answer every send with this errcode."""
        ...

    def send(self, permit: Permit, *faults: str) -> SendResult:
        """Send `message` to OPENID under the faults of `SimulatedWeChat`, or their like."""
        ...


@dataclass
class _WeChatHarness:
    """The simulator, with its client."""

    message: ClassVar[Message]
    sky: SimulatedWeChat = field(default_factory=lambda: SimulatedWeChat(lambda: float(NOW)))

    def __post_init__(self) -> None:
        self.sky.wechat.users.add(OPENID)

    def send(self, permit: Permit, *faults: str) -> SendResult:
        self.sky.plan_faults(faults)
        channel = ChannelRouter.open(self.sky)
        return asyncio.run(channel.send(OPENID, permit, self.message, 5, "d-1"))


class TemplateHarness(_WeChatHarness):
    gives_msgid: ClassVar[bool] = False
    rejections: ClassVar[Mapping[About, int]] = {
        About.PERMIT: 41028,
        About.USER: 43004,
        About.MESSAGE: 47003,
        About.CAMPAIGN: 40037,
        About.ACCOUNT: 45009,
        About.PROVIDER: -1,
    }
    message: ClassVar[Message] = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})

    def grant(self) -> Permit:
        self.sky.wechat.sends.forms.give("form-1", OPENID, "form")
        return Permit(permit_kinds.FORM, "form-1", NOW * 1000 + 1)

    def reject(self, errcode: int) -> None:
        sends: Any = self.sky.wechat.sends
        sends.template = lambda *_: {"errcode": errcode, "errmsg": "no"}


class SubscribeHarness(_WeChatHarness):
    gives_msgid: ClassVar[bool] = True
    rejections: ClassVar[Mapping[About, int]] = {**TemplateHarness.rejections, About.ALL_PERMITS: 43101}
    message: ClassVar[Message] = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})

    def grant(self) -> Permit:
        self.sky.wechat.sends.subscriptions.accept(OPENID, "T1", 1)
        return Permit(permit_kinds.ONCE, "accept-1", template_id="T1")

    def reject(self, errcode: int) -> None:
        sends: Any = self.sky.wechat.sends
        sends.subscribe = lambda *_: {"errcode": errcode, "errmsg": "no"}


class OfficialHarness(_WeChatHarness):
    gives_msgid: ClassVar[bool] = True
    rejections: ClassVar[Mapping[About, int]] = {
        About.USER: 43004,
        About.MESSAGE: 40241,
        About.CAMPAIGN: 43116,
        About.ACCOUNT: 45009,
        About.PROVIDER: -1,
    }
    message: ClassVar[Message] = Message(OFFICIAL_MESSAGE, "T1", data={"thing1": {"value": "好"}})

    def grant(self) -> Permit:
        wechat = self.sky.wechat
        wechat.settings = wechat.settings.model_copy(update={"repeat_answer": "40241"})
        return Permit(permit_kinds.FOLLOW, wechat.official.follow(wechat.users.add(OPENID).unionid).openid)

    def reject(self, errcode: int) -> None:
        sends: Any = self.sky.wechat.official.sends
        sends.send = lambda *_: {"errcode": errcode, "errmsg": "no"}


HARNESSES: dict[str, Callable[[], ChannelHarness]] = {
    TEMPLATE_MESSAGE.name: TemplateHarness,
    SUBSCRIBE_MESSAGE.name: SubscribeHarness,
    OFFICIAL_MESSAGE.name: OfficialHarness,
}
