"""What SES and WeChat say of a refusal is for operators: it begins with a code, and names no user."""

import asyncio
from types import SimpleNamespace
from typing import Any

from support.reminder_channels import reminder

from minipush.channels.email.ses import ses_refusal
from minipush.channels.official_account.channel import OfficialReminderChannel
from minipush.channels.subscription.channel import SubscriptionReminderChannel
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.wechat.errcodes import Reaction
from minipush.wechat.sender import Reply, Taken

OPENID = "oABCD-efgh_ijklmnopqrstuvwxy"
SAID = f"invalid template of {OPENID} rid: 6a0b"


def test_ses_names_no_address() -> None:
    message = "Email address is not verified: anna@example.com"
    answer = {"Error": {"Code": "MessageRejected", "Message": message}}
    assert ses_refusal(answer).detail == "MessageRejected Email address is not verified: …"


def test_the_official_account_names_no_openid() -> None:
    async def send_official(body: bytes, timeout: float) -> Reply:
        return Reply(Taken.NO, Reaction.CAMPAIGN_FAIL, errcode=40037, errmsg=SAID)

    client: Any = SimpleNamespace(
        sender=SimpleNamespace(send_official=send_official), mini_program="wx00000000000000aa"
    )
    channel = OfficialReminderChannel(client, "O1", "")
    result = asyncio.run(channel.send(reminder(), ChannelAddress(ChannelKind.OFFICIAL, OPENID), 5))
    assert result.detail == "40037: invalid template of … rid: 6a0b"


def test_a_subscription_message_names_no_openid() -> None:
    async def send(openids: list[str], message: Message, delivery_id: str, deadline: float) -> list[Outcome]:
        failed = Outcome(OPENID, Status.FAILED, Reason.INVALID_TEMPLATE, errcode=40037, errmsg=SAID)
        return [failed]

    channel = SubscriptionReminderChannel(send, "T1", "")
    result = asyncio.run(channel.send(reminder(), ChannelAddress(ChannelKind.SUBSCRIBE, OPENID), 5))
    assert result.detail == "40037: invalid template of … rid: 6a0b"
