"""Identifiers in the shapes WeChat gives them, reproducible from a seed."""

import base64
import random
import string

ALPHABET = string.ascii_letters + string.digits + "-_"


class Ids:
    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing here protects anything
        self._msgid = 3 << 60  # a real msgid has 62 bits: far above 2^53, where floats lose digits

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(ALPHABET, k=length))

    def openid(self) -> str:
        return "o" + self._word(27)

    def unionid(self) -> str:
        return "u" + self._word(27)

    def js_code(self) -> str:
        return self._word(32)

    def session_key(self) -> str:
        return base64.b64encode(self._random.randbytes(16)).decode()

    def access_token(self) -> str:
        return f"{self._random.randrange(10, 100)}_{self._word(133)}"

    def form_id(self) -> str:
        return self._random.randbytes(16).hex()

    def prepay_id(self, at: float) -> str:
        """36 characters, as long as the longest seen: `wx`, a time, and a tail."""
        return f"wx{int(at):014d}{self._random.randbytes(10).hex()}"

    def msgid(self) -> int:
        self._msgid += self._random.randrange(1, 1 << 16)
        return self._msgid

    def trace_id(self) -> str:
        rid = self._random.randbytes(12).hex()
        return f"{rid[:8]}-{rid[8:16]}-{rid[16:]}"

    def rid(self, at: float) -> str:
        """Three times 8 hex digits; the first eight are the Unix time of the call."""
        tail = self._random.getrandbits(64)
        return f"{int(at):08x}-{tail >> 32:08x}-{tail & 0xFFFFFFFF:08x}"
