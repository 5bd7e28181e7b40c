"""How WeChat encrypts its pushes: AES-256-CBC, padded to blocks of 32.

Source: framework/server-ability/message-push on developers.weixin.qq.com. The plaintext is 16 random bytes,
the message's length in four bytes, the message, and the AppID.
"""

import base64
import secrets

from Crypto.Cipher import AES
from Crypto.Cipher._mode_cbc import CbcMode

from minipush.wechat.errors import PushRefusedError

RANDOM = 16
HEAD = RANDOM + 4
BLOCK = 32


class Encryption:
    def __init__(self, encoding_aes_key: str, appid: str) -> None:
        """`encoding_aes_key`: the 43 characters from WeChat's console. Raises PushRefusedError for any other value."""
        self._key = _key(encoding_aes_key)
        self._appid = appid.encode()

    def decrypt(self, encrypted: str) -> bytes:
        """Raises PushRefusedError for a damaged text, or one for another mini-program."""
        whole = _unpadded(self._cipher().decrypt(_ciphertext(encrypted)))
        end = HEAD + int.from_bytes(whole[RANDOM:HEAD])
        if len(whole) < HEAD or end > len(whole):
            raise PushRefusedError("the length is wrong")
        if whole[end:] != self._appid:
            raise PushRefusedError("it is for another mini-program")
        return whole[HEAD:end]

    def encrypt(self, message: bytes, random: bytes | None = None) -> str:
        """Encrypt as WeChat does. `random`: 16 bytes, by default new ones."""
        head = (random or secrets.token_bytes(RANDOM)) + len(message).to_bytes(4)
        whole = head + message + self._appid
        padding = BLOCK - len(whole) % BLOCK
        return base64.b64encode(self._cipher().encrypt(whole + bytes([padding]) * padding)).decode()

    def _cipher(self) -> CbcMode:
        return AES.new(self._key, AES.MODE_CBC, iv=self._key[:16])


def _key(encoding_aes_key: str) -> bytes:
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except ValueError:
        key = b""
    if len(encoding_aes_key) != 43 or len(key) != 32:
        raise PushRefusedError("the configured encoding_aes_key is invalid")
    return key


def _ciphertext(encrypted: str) -> bytes:
    try:
        ciphertext = base64.b64decode(encrypted, validate=True)
    except ValueError:
        raise PushRefusedError("it is not base64") from None
    if not ciphertext or len(ciphertext) % BLOCK:
        raise PushRefusedError("its length is not a multiple of the block size")
    return ciphertext


def _unpadded(padded: bytes) -> bytes:
    """Not a padding oracle: the signature was verified before."""
    count = padded[-1]
    if not 1 <= count <= BLOCK or padded[-count:] != bytes([count]) * count:
        raise PushRefusedError("the padding is broken")
    return padded[:-count]
