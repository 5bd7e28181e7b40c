"""How a push to a callback is written: signed, encrypted where the mode says so, JSON or XML.

Source: framework/server-ability/message-push on developers.weixin.qq.com. Written from that page, apart from the
callback that is pushed to.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Crypto.Cipher import AES

from local.simulator.callbacks import Callback, Format
from local.simulator.events import Event

ACCOUNT = "gh_simulator"
MEDIA_TYPES: Mapping[Format, str] = {"json": "application/json", "xml": "text/xml"}


@dataclass(frozen=True, slots=True)
class Letter:
    query: Mapping[str, str]
    body: bytes
    media_type: str


def write(event: Event, callback: Callback, appid: str, now: int) -> Letter:
    """`now` in seconds: each try has a signature of its own."""
    message = {
        "ToUserName": ACCOUNT,
        "FromUserName": event.openid,
        "CreateTime": event.at,
        "MsgType": "event",
        "Event": event.name,
        "List": event.entries[0] if len(event.entries) == 1 else event.entries,
    }
    timestamp, nonce = str(now), str(secrets.randbelow(10**9))
    query = {"timestamp": timestamp, "nonce": nonce, "openid": event.openid}
    query["signature"] = _sign(callback.token, timestamp, nonce)
    body = _written(message, callback.format)
    if callback.mode != "plain" and callback.encoding_aes_key:
        encrypted = _encrypt(body, callback.encoding_aes_key, appid)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = _sign(callback.token, timestamp, nonce, encrypted)
        beside = message if callback.mode == "compatible" else {"ToUserName": ACCOUNT}
        body = _written({**beside, "Encrypt": encrypted}, callback.format)
    return Letter(query, body, MEDIA_TYPES[callback.format])


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def _encrypt(message: bytes, encoding_aes_key: str, appid: str) -> str:
    key = base64.b64decode(encoding_aes_key + "=")
    whole = secrets.token_bytes(16) + len(message).to_bytes(4) + message + appid.encode()
    padding = 32 - len(whole) % 32
    cipher = AES.new(key, AES.MODE_CBC, iv=key[:16])
    return base64.b64encode(cipher.encrypt(whole + bytes([padding]) * padding)).decode()


def _written(fields: Mapping[str, Any], format_: Format) -> bytes:
    """In JSON `List` stands at the top; in XML, once for each entry, in an element named after the event."""
    if format_ == "json":
        return json.dumps(fields, ensure_ascii=False).encode()
    lists = fields.get("List", ())
    inner = "".join(f"<List>{_elements(each)}</List>" for each in ([lists] if _is_one(lists) else lists))
    wrapper = str(fields.get("Event", "")).title().replace("_", "")
    rest = _elements({name: value for name, value in fields.items() if name != "List"})
    return f"<xml>{rest}{f'<{wrapper}>{inner}</{wrapper}>' if inner else ''}</xml>".encode()


def _is_one(entries: object) -> bool:
    return isinstance(entries, Mapping)


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_text(str(value))}</{name}>" for name, value in fields.items())


def _text(value: str) -> str:
    """Numbers as they are, all else in CDATA, whose end mark is cut in two where a text has it."""
    if value.removeprefix("-").isdecimal():
        return value
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
