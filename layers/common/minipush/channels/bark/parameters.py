"""The parameters of a push. Bark's server understands texts only: a number is ignored, or ends its request.

Source: `route_push.go` and `apns/apns.go` of bark-server, and Bark's tutorial.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from minipush.channels.bark.encryption import encrypt, new_iv
from minipush.domain.centre.reminders import ChannelAddress, Reminder

MOST_BYTES: Final = 4096
"""Of what goes to Apple. (bark-server, `PayloadMaximum`)"""
_ELLIPSIS: Final = "…"
_ALERT: Final = ("title", "subtitle", "body")

type Parameters = dict[str, str]


def reminder_parameters(reminder: Reminder, address: ChannelAddress) -> Parameters | None:
    """All but the device's key. None: too long, even with a shortened text and without what is to be copied.

    The inbox has the whole text, so a text that is too long is shortened. A repeat is shortened alike.
    """
    if reminder.is_recall:
        return {"id": reminder.message_id, "delete": "1"}
    for copy in (reminder.copy, None):
        if parameters := _shortened(reminder, address, copy):
            return parameters
    return None


def code_parameters(code: str, address: ChannelAddress) -> Parameters:
    shown = {
        "title": "验证码",
        "body": f"{code} 是您的验证码，十分钟内有效。若非本人操作，请忽略。",
        "copy": code,
    }
    return _protected(shown, {}, address)


def payload_bytes(parameters: Mapping[str, str]) -> int:
    """The size of what the server makes of the parameters for Apple."""
    alert = {name: parameters[name] for name in _ALERT if name in parameters}
    extra = {name: value for name, value in parameters.items() if name not in _ALERT}
    aps: dict[str, object] = {
        "alert": alert or {"body": "Empty Message"},
        "sound": "1107",
        "mutable-content": 1,
    }
    aps |= {"category": "myNotificationCategory"}
    aps |= {"thread-id": parameters["group"]} if "group" in parameters else {}
    return _go_bytes(json.dumps({"aps": aps} | extra, ensure_ascii=False, separators=(",", ":")))


def _go_bytes(text: str) -> int:
    """Go's JSON writes these characters in six bytes each."""
    escaped = 5 * sum(text.count(sign) for sign in "<>&") + 3 * sum(
        text.count(sign) for sign in "\u2028\u2029"
    )
    return len(text.encode(errors="replace")) + escaped


def _shortened(reminder: Reminder, address: ChannelAddress, copy: str | None) -> Parameters | None:
    text = reminder.markdown or reminder.body

    def made(length: int) -> Parameters:
        shown = text if length >= len(text) else text[:length].rstrip() + _ELLIPSIS
        return _protected(_shown(reminder, shown, copy), {"id": reminder.message_id}, address)

    length = _longest(lambda length: payload_bytes(made(length)) <= MOST_BYTES, len(text))
    return None if length is None else made(length)


def _longest(fits: Callable[[int], bool], most: int) -> int | None:
    """The largest number that fits; None if not even 0 does."""
    if fits(most):
        return most
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return None if low < 0 else low


def _shown(reminder: Reminder, text: str, copy: str | None) -> Parameters:
    """Markdown takes the place of the text. An app that can't show it has the title."""
    fields = {
        "title": reminder.title or reminder.sender,
        "subtitle": reminder.sender if reminder.title not in ("", reminder.sender) else None,
        "markdown" if reminder.markdown else "body": text,
        "group": reminder.group or reminder.sender,
        "url": reminder.url,
        "copy": copy,
        "level": "active",
    }
    return {name: value for name, value in fields.items() if value}


def _protected(shown: Parameters, bare: Parameters, address: ChannelAddress) -> Parameters:
    """`bare`: what the server itself has to read."""
    if not address.encryption_key:
        return shown | bare
    iv = new_iv(address.cipher)
    plaintext = json.dumps(shown, ensure_ascii=False).encode()
    ciphertext = encrypt(plaintext, address.encryption_key, address.cipher, iv)
    return {"ciphertext": ciphertext} | ({"iv": iv} if iv else {}) | bare
