"""Identifiers in WeChat's formats, reproducible from a seed."""

import base64
import random
import string

ALPHABET = string.ascii_letters + string.digits + "-_"


class Ids:
    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secrets
        self._msgid = 3 << 60  # a real msgid has 62 bits, far above the 53 bits of a float

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

    def template_id(self) -> str:
        return self._word(43)

    def access_token(self) -> str:
        return f"{self._random.randrange(10, 100)}_{self._word(133)}"

    def form_id(self) -> str:
        return self._random.randbytes(16).hex()

    def prepay_id(self, at: float) -> str:
        """36 characters, the longest known length: `wx`, the time, random digits."""
        return f"wx{int(at):014d}{self._random.randbytes(10).hex()}"

    def msgid(self) -> int:
        self._msgid += self._random.randrange(1, 1 << 16)
        return self._msgid

    def trace_id(self) -> str:
        rid = self._random.randbytes(12).hex()
        return f"{rid[:8]}-{rid[8:16]}-{rid[16:]}"

    def rid(self, at: float) -> str:
        """Three groups of 8 hex digits. The first group is the Unix time of the call."""
        tail = self._random.getrandbits(64)
        return f"{int(at):08x}-{tail >> 32:08x}-{tail & 0xFFFFFFFF:08x}"
