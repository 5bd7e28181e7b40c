"""What Bark's server makes of a push for Apple, and what the app makes of that."""

import base64
import json
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from local.providers.phones import Shown

ALERT = ("title", "subtitle", "body")
TAG = 16


def apple_payload(parameters: dict[str, Any]) -> bytes:
    """As Go writes it: all values are texts, and some characters are escaped."""
    texts = {name.lower(): _text(value) for name, value in parameters.items() if name != "device_key"}
    alert = {name: texts[name] for name in ALERT if texts.get(name)} or {"body": "Empty Message"}
    extra = {name: value for name, value in texts.items() if name not in (*ALERT, "sound")}
    if texts.get("delete") == "1":
        aps: dict[str, Any] = {"content-available": 1, "mutable-content": 1}
    else:
        aps = {"alert": alert, "category": "myNotificationCategory", "mutable-content": 1}
        aps |= {"sound": texts["sound"] + ".caf" if "sound" in texts else "1107"}
        aps |= {"thread-id": texts["group"]} if "group" in texts else {}
    text = json.dumps({"aps": aps} | extra, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def decrypted(payload: dict[str, Any], key: str, cipher: str) -> dict[str, Any]:
    """What the app reads with its key. Without the right one, it shows the push as it is."""
    try:
        fields = json.loads(_plaintext(payload, key.encode(), cipher))
    except ValueError:
        return payload
    alert = {name: fields[name] for name in ALERT if name in fields}
    shown: dict[str, Any] = payload | fields | {"aps": payload["aps"] | {"alert": alert}}
    return shown


def _plaintext(payload: dict[str, Any], key: bytes, cipher: str) -> bytes:
    ciphertext, iv = base64.b64decode(payload["ciphertext"]), str(payload.get("iv", "")).encode()
    if cipher == "gcm":
        return AES.new(key, AES.MODE_GCM, nonce=iv).decrypt_and_verify(ciphertext[:-TAG], ciphertext[-TAG:])
    mode = AES.new(key, AES.MODE_ECB) if cipher == "ecb" else AES.new(key, AES.MODE_CBC, iv=iv)
    return unpad(mode.decrypt(ciphertext), AES.block_size)


def to_shown(key: str, payload: dict[str, Any], at: float) -> Shown:
    alert = payload["aps"]["alert"]
    fields = {name: value for name, value in payload.items() if name not in ("aps", *ALERT)}
    return Shown(
        provider="bark",
        to=key,
        title=" · ".join(filter(None, (alert.get("title"), alert.get("subtitle")))),
        text=str(payload.get("markdown") or alert.get("body", "")),
        at=at,
        id=str(payload.get("id", "")),
        fields=fields | {"alert": alert},
    )


def _text(value: Any) -> str:
    """Go's %v: a large number gets an exponent."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    return str(value)
