"""The address and format of pushes, as set in the mini-program console."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["json", "xml"]
Mode = Literal["plain", "compatible", "secure"]

# WeChat waits this number of seconds for the answer to a push, and makes this number of attempts in total.
TIMEOUT = 5.0
ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Without `wanted`, the mode is secure with a key and plain without. ValueError: the mode needs a key."""

    url: str
    token: str
    encoding_aes_key: str | None = None
    format: Format = "json"
    wanted: Mode | None = None

    def __post_init__(self) -> None:
        if self.mode != "plain" and not self.encoding_aes_key:
            raise ValueError(f"{self.mode} mode needs an EncodingAESKey")

    @property
    def mode(self) -> Mode:
        return self.wanted or ("secure" if self.encoding_aes_key else "plain")
