"""The request of a push: signed, encrypted in the modes with a key, JSON or XML.

Source: framework/server-ability/message-push on developers.weixin.qq.com. It shares no code with minipush's
callback, so that each tests the other.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Crypto.Cipher import AES

from local.simulator.pushes.callbacks import Callback, Format
from local.simulator.pushes.events import Event

ACCOUNT = "gh_simulator"
MEDIA_TYPES: Mapping[Format, str] = {"json": "application/json", "xml": "text/xml"}


@dataclass(frozen=True, slots=True)
class PushRequest:
    query: Mapping[str, str]
    body: bytes
    media_type: str


def encode(event: Event, callback: Callback, appid: str, now: int) -> PushRequest:
    """`now` in seconds. Each attempt needs its own request, because it has its own signature."""
    message = _message(event)
    timestamp, nonce = str(now), str(secrets.randbelow(10**9))
    query = {"timestamp": timestamp, "nonce": nonce, "openid": event.openid}
    query["signature"] = _sign(callback.token, timestamp, nonce)
    body = _serialize(message, callback.format)
    if callback.mode != "plain" and callback.encoding_aes_key:
        encrypted = _encrypt(body, callback.encoding_aes_key, appid)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = _sign(callback.token, timestamp, nonce, encrypted)
        readable = message if callback.mode == "compatible" else {"ToUserName": ACCOUNT}
        body = _serialize({**readable, "Encrypt": encrypted}, callback.format)
    return PushRequest(query, body, MEDIA_TYPES[callback.format])


def _message(event: Event) -> dict[str, Any]:
    message: dict[str, Any] = {
        "ToUserName": ACCOUNT,
        "FromUserName": event.openid,
        "CreateTime": event.at,
        "MsgType": "event",
        "Event": event.name,
        **event.fields,
    }
    if event.entries:
        message["List"] = event.entries[0] if len(event.entries) == 1 else event.entries
    return message


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def _encrypt(message: bytes, encoding_aes_key: str, appid: str) -> str:
    key = base64.b64decode(encoding_aes_key + "=")
    plaintext = secrets.token_bytes(16) + len(message).to_bytes(4) + message + appid.encode()
    padding = 32 - len(plaintext) % 32
    cipher = AES.new(key, AES.MODE_CBC, iv=key[:16])
    return base64.b64encode(cipher.encrypt(plaintext + bytes([padding]) * padding)).decode()


def _serialize(fields: Mapping[str, Any], format_: Format) -> bytes:
    """JSON has `List` at the top. XML has one `List` for each entry, in an element named after the event."""
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
    """A number as it is, other text as CDATA. An end mark of CDATA in the text is split in two."""
    if value.removeprefix("-").isdecimal():
        return value
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
