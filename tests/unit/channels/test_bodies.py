"""What goes to WeChat, message by message."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.channels.channel_type import OfficialAccountClient
from minipush.channels.router import ChannelRouter
from minipush.domain import permit_kinds
from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.wechat import Reaction
from minipush.wechat.sender import Reply, Taken

FORM = Permit(permit_kinds.FORM, "form-1", 0)
ACCEPT = Permit(permit_kinds.ONCE, "accept-1", template_id="T")
TEMPLATE = Message(TEMPLATE_MESSAGE, "T", "/p?a=1", {"keyword1": {"value": "茶"}}, "keyword1.DATA")
SUBSCRIBE = Message(
    SUBSCRIBE_MESSAGE, "T", "/p", {"thing1": {"value": "茶"}}, miniprogram_state="trial", lang="en_US"
)


@dataclass
class Recorder:
    """The clients of channels, and a Sender in one."""

    bodies: list[bytes] = field(default_factory=list)

    async def send_template(self, body: bytes, timeout: float) -> Reply:
        self.bodies.append(body)
        return Reply(Taken.YES, Reaction.OK)

    send_subscribe = send_template

    send_official = send_template

    @property
    def wechat_sender(self) -> Any:
        return self

    @property
    def official_client(self) -> OfficialAccountClient:
        sender: Any = self
        return OfficialAccountClient(sender, "wxminiprogram")


def bodies(*sends: tuple[str, Permit, Message]) -> list[dict[str, Any]]:
    recorder: Any = Recorder()
    channel = ChannelRouter.open(recorder)

    async def send_all() -> None:
        for openid, permit, message in sends:
            await channel.send(openid, permit, message, 5, "d-1")

    asyncio.run(send_all())
    return [json.loads(body) for body in recorder.bodies]


def test_a_template_message_names_its_user_and_permit() -> None:
    assert bodies(("ada", FORM, TEMPLATE)) == [
        {
            "touser": "ada",
            "form_id": "form-1",
            "template_id": "T",
            "page": "p?a=1",
            "data": {"keyword1": {"value": "茶"}},
            "emphasis_keyword": "keyword1.DATA",
        }
    ]


def test_a_subscribe_message_names_its_user_and_no_permit() -> None:
    assert bodies(("ada", ACCEPT, SUBSCRIBE)) == [
        {
            "touser": "ada",
            "template_id": "T",
            "page": "p",
            "data": {"thing1": {"value": "茶"}},
            "miniprogram_state": "trial",
            "lang": "en_US",
        }
    ]


def test_what_is_not_given_is_left_out() -> None:
    plain = Message(SUBSCRIBE_MESSAGE, "T")
    assert bodies(("ada", ACCEPT, plain)) == [{"touser": "ada", "template_id": "T", "data": {}}]


def test_messages_that_take_turns_keep_apart() -> None:
    other = replace(TEMPLATE, template_id="U")
    found = bodies(
        ("ada", FORM, TEMPLATE), ("bob", FORM, other), ("cy", FORM, TEMPLATE), ("di", ACCEPT, SUBSCRIBE)
    )
    assert [(body["touser"], body["template_id"]) for body in found] == [
        ("ada", "T"),
        ("bob", "U"),
        ("cy", "T"),
        ("di", "T"),
    ]
    assert ["form_id" in body for body in found] == [True, True, True, False]


def test_ids_are_encoded_whatever_they_hold() -> None:
    odd = 'a"\\/}\n码'
    [body] = bodies((odd, FORM._replace(id=odd), TEMPLATE))
    assert (body["touser"], body["form_id"]) == (odd, odd)


def test_a_message_that_cannot_be_encoded_is_not_taken_for_the_one_before() -> None:
    broken = replace(TEMPLATE, data={"keyword1": {"value": "\ud800"}})
    recorder: Any = Recorder()
    channel = ChannelRouter.open(recorder)
    asyncio.run(channel.send("ada", FORM, TEMPLATE, 5, "d-1"))
    for _ in range(2):
        with pytest.raises(ValueError, match="surrogates"):
            asyncio.run(channel.send("bob", FORM, broken, 5, "d-1"))
    assert len(recorder.bodies) == 1
