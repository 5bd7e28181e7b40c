"""What WeChat pushes, as it comes to a deployment."""

import json
import time
from dataclasses import dataclass
from typing import Any

from support.deployment import CALLBACK, Deployment

from minipush.wechat.callback import sign
from minipush.wechat.encryption import Encryption


def event(openid: str, kind: str, **entry: Any) -> dict[str, Any]:
    common = {"ToUserName": "gh_x", "FromUserName": openid, "CreateTime": int(time.time())}
    return common | {"MsgType": "event", "Event": f"subscribe_msg_{kind}_event", "List": entry}


def signed(*parts: str, name: str = "signature") -> dict[str, str]:
    now = str(int(time.time()))
    return {"timestamp": now, "nonce": "n", name: sign(CALLBACK["callback_token"], now, "n", *parts)}


def push(deployment: Deployment, message: dict[str, Any]) -> int:
    """Encrypted, as the console should be set."""
    box = Encryption(CALLBACK["encoding_aes_key"], deployment.simulator.appid)
    encrypted = box.encrypt(json.dumps(message).encode())
    query = signed(encrypted, name="msg_signature") | {"encrypt_type": "aes"}
    answer = deployment.call("receive-wechat-event", {"Encrypt": encrypted}, query=query)
    assert answer.status != 200 or answer.raw["body"] == "success"
    return answer.status


@dataclass(frozen=True)
class SentTo:
    openid: str
    msgid: str
    campaign_id: str | None


def subscribe(deployment: Deployment, *, long_term: bool = False) -> str:
    """The openid of one who accepted T1."""
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    (wechat.accept_long_term if long_term else wechat.accept)(openid, "T1")
    accept = {"id": "1", "template_id": "T1", "result": "accept", "long_term": long_term}
    deployment.call("add-permits", {"subscriptions": [accept]}, token="mp_admin", openid=openid)
    return openid


def sent_to(deployment: Deployment, *, long_term: bool = False, directly: bool = False) -> SentTo:
    """One who accepted T1 and was sent to: by a campaign to all, or directly."""
    openid = subscribe(deployment, long_term=long_term)
    message = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}}
    campaign_id = None
    if directly:
        deployment.call("send-messages", message | {"touser": openid}, token="mp_send")
    else:
        plan = {"name": "a campaign", "message": message, "audience": {"type": "all"}}
        campaign_id = str(deployment.call("create-campaign", plan, token="mp_send").json["id"])
        deployment.carry_all()
    [taken] = deployment.simulator.control.messages(openid)
    return SentTo(openid, str(taken["msgid"]), campaign_id)
