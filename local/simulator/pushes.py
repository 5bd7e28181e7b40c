"""What WeChat pushes to a callback: events signed, and encrypted where there is a key.

Source: framework/server-ability/message-push on developers.weixin.qq.com. Written from that page, apart from the
callback that is pushed to.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import requests
from Crypto.Cipher import AES

from local.simulator.commands import Push

# WeChat hangs up after five seconds.
PATIENCE = 5


def push(wanted: Push, appid: str, now: int) -> tuple[int, str]:
    """Push once; the callback's status and answer. requests.RequestException when there is none."""
    message = {
        "ToUserName": "gh_simulator",
        "FromUserName": wanted.openid,
        "CreateTime": now,
        "MsgType": "event",
        "Event": wanted.event,
        "List": wanted.entries[0] if len(wanted.entries) == 1 else wanted.entries,
    }
    nonce = str(secrets.randbelow(10**9))
    query = {"timestamp": str(now), "nonce": nonce, "openid": wanted.openid}
    query["signature"] = _sign(wanted.token, str(now), nonce)
    body = _written(message, wanted.format)
    if wanted.encoding_aes_key:
        encrypted = _encrypt(body, wanted.encoding_aes_key, appid)
        query |= {"encrypt_type": "aes", "msg_signature": _sign(wanted.token, str(now), nonce, encrypted)}
        body = _written({"ToUserName": "gh_simulator", "Encrypt": encrypted}, wanted.format)
    headers = {"Content-Type": "text/xml" if wanted.format == "xml" else "application/json"}
    answer = requests.post(wanted.url, params=query, data=body, headers=headers, timeout=PATIENCE)
    return answer.status_code, answer.text


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def _encrypt(message: bytes, encoding_aes_key: str, appid: str) -> str:
    key = base64.b64decode(encoding_aes_key + "=")
    whole = secrets.token_bytes(16) + len(message).to_bytes(4) + message + appid.encode()
    padding = 32 - len(whole) % 32
    cipher = AES.new(key, AES.MODE_CBC, iv=key[:16])
    return base64.b64encode(cipher.encrypt(whole + bytes([padding]) * padding)).decode()


def _written(fields: Mapping[str, Any], format_: str) -> bytes:
    if format_ == "json":
        return json.dumps(fields, ensure_ascii=False).encode()
    lists = fields.get("List", [])
    inner = "".join(
        f"<List>{_elements(each)}</List>" for each in (lists if isinstance(lists, list) else [lists])
    )
    wrapper = _wrapper(str(fields.get("Event", "")))
    rest = _elements({name: value for name, value in fields.items() if name != "List"})
    return f"<xml>{rest}{f'<{wrapper}>{inner}</{wrapper}>' if inner else ''}</xml>".encode()


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())


def _wrapper(event: str) -> str:
    """subscribe_msg_popup_event: SubscribeMsgPopupEvent"""
    return event.title().replace("_", "")
