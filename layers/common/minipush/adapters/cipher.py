"""Encrypts what the Centre table must not tell by itself: secrets of apps, addresses of users.

AES-256-GCM under the SHA-256 of the CentreSecret's key. A sealed text is, in base64, a version, a nonce of 12 bytes, the
encrypted text and a tag of 16 bytes. It opens only for the place that it was sealed for, so that nobody can swap two.
"""

import base64
import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from minipush.errors import StoreError

if TYPE_CHECKING:
    from Crypto.Cipher._mode_gcm import GcmMode

_VERSION, _NONCE, _TAG = b"\x01", 12, 16


class Cipher:
    """`read_key` raises StoreError. It is called for each text: the secret is cached."""

    def __init__(self, read_key: Callable[[], str]) -> None:
        self._read_key = read_key

    def seal(self, text: str, place: str) -> str:
        """`place` names the item and the attribute, such as `app#wx…/secret`."""
        nonce = os.urandom(_NONCE)
        aes = self._aes(nonce, place)
        encrypted, tag = aes.encrypt_and_digest(text.encode())
        return base64.b64encode(_VERSION + nonce + bytes(encrypted) + bytes(tag)).decode()

    def open(self, sealed: str, place: str) -> str:
        """Raises StoreError for what this key and place did not seal."""
        try:
            parts = base64.b64decode(sealed, validate=True)
            version, nonce = parts[:1], parts[1 : 1 + _NONCE]
            encrypted, tag = parts[1 + _NONCE : -_TAG], parts[-_TAG:]
            text = bytes(self._aes(nonce, place).decrypt_and_verify(encrypted, tag)).decode()
        except ValueError:
            # Neither the text nor the place: either may tell something.
            raise StoreError("an encrypted value can't be opened") from None
        if version != _VERSION:
            raise StoreError("an encrypted value has an unknown version")
        return text

    def _aes(self, nonce: bytes, place: str) -> "GcmMode":
        # Few requests meet an encrypted value.
        from Crypto.Cipher import AES  # noqa: PLC0415

        key = hashlib.sha256(self._read_key().encode()).digest()
        aes = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG)
        aes.update(place.encode())
        return aes
