"""Where WeChat pushes to, and how: as the mini-program console has it."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["json", "xml"]
Mode = Literal["plain", "compatible", "secure"]


@dataclass(frozen=True, slots=True)
class Callback:
    """Without a mode: secure where there is a key, else plain. ValueError for a mode that lacks its key."""

    url: str
    token: str
    encoding_aes_key: str | None = None
    format: Format = "json"
    wanted: Mode | None = None

    def __post_init__(self) -> None:
        if self.mode != "plain" and not self.encoding_aes_key:
            raise ValueError(f"{self.mode} mode takes an EncodingAESKey")

    @property
    def mode(self) -> Mode:
        return self.wanted or ("secure" if self.encoding_aes_key else "plain")
