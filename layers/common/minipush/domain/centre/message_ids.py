"""Ids of inbox messages: 32 lower-case letters and digits, the same through all channels.

place    what
0-9      when the message was made (ms), in base32hex: ids sort by their age
10-19    a hash of the request that made it, so that a repeat makes the same id
20-31    the ref of the key that the message came by, so that its reader can be found without an index
"""

import base64
import hashlib
import re

MESSAGE_ID = r"[0-9a-v]{10}[a-z2-7]{10}[a-z2-7]{12}|[0-9a-v]{10}[a-z2-7]{10}0{12}"
CENTRE_REF = "0" * 12
"""In the place of a key's ref: the message is the centre's own, and came by no key."""

_AGE, _REQUEST, _REF = slice(0, 10), slice(10, 20), slice(20, 32)
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_MESSAGE_ID = re.compile(MESSAGE_ID)


def message_id(at: int, request: str, ref: str = CENTRE_REF) -> str:
    """`at` in ms. `request`: what tells this message from others of the same instant; random, or an idempotent work's id."""
    return _base32hex(at) + _hashed(request, 10) + ref


def is_message_id(text: str) -> bool:
    return _MESSAGE_ID.fullmatch(text) is not None


def made_at(id_: str) -> int:
    """When the message was made (ms)."""
    return int(id_[_AGE], 32)


def id_at(id_: str, at: int) -> str:
    """The id with another instant (ms). It is the id itself for a message that has not been replaced since."""
    return _base32hex(at) + id_[10:]


def ref_in(id_: str) -> str:
    """The ref of the key that the message came by; CENTRE_REF for one of the centre's own."""
    return id_[_REF]


def key_ref(key: str) -> str:
    """12 letters and digits that stand for a binding key or a personal key, and don't tell it."""
    return _hashed(key, 12)


def _hashed(text: str, length: int) -> str:
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def _base32hex(number: int) -> str:
    return "".join(_DIGITS[number >> shift & 31] for shift in range(45, -5, -5))
