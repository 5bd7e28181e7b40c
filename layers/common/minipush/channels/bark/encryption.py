"""How Bark encrypts a push: the server and Apple see neither title nor text.

Source: Bark's page on encryption, and its app's `Algorithm.swift`. The plaintext is the JSON of the parameters, the key
and the initialisation vector are texts as they stand, the tag of GCM follows the ciphertext, and all of it is base64.
"""

import base64
import secrets
import string
from typing import Final

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from minipush.domain.centre.reminders import BarkCipher

_LETTERS: Final = string.ascii_letters + string.digits
IV_LENGTHS: Final = {BarkCipher.CBC: 16, BarkCipher.GCM: 12, BarkCipher.ECB: 0}


def new_iv(cipher: BarkCipher) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(IV_LENGTHS[cipher]))


def encrypt(plaintext: bytes, key: str, cipher: BarkCipher, iv: str) -> str:
    """`key`: 16, 24 or 32 characters of ASCII. `iv`: as long as the cipher needs; empty for ECB.

    Raises ValueError for other lengths.
    """
    return base64.b64encode(_encrypted(plaintext, key.encode("ascii"), cipher, iv.encode("ascii"))).decode()


def _encrypted(plaintext: bytes, key: bytes, cipher: BarkCipher, iv: bytes) -> bytes:
    if cipher is BarkCipher.GCM:
        ciphertext, tag = AES.new(key, AES.MODE_GCM, nonce=iv).encrypt_and_digest(plaintext)
        return ciphertext + tag
    padded = pad(plaintext, AES.block_size)
    if cipher is BarkCipher.ECB:  # the app offers it, and the user may have chosen it there
        return AES.new(key, AES.MODE_ECB).encrypt(padded)
    return AES.new(key, AES.MODE_CBC, iv=iv).encrypt(padded)
