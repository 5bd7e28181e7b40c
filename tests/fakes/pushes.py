"""What WeChat pushes, as it comes to a deployment."""

import json
import time
from typing import Any

from fakes.deployment import CALLBACK, Deployment

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
    answer = deployment.call("hear-wechat", {"Encrypt": encrypted}, query=query)
    assert answer.status != 200 or answer.raw["body"] == "success"
    return answer.status
