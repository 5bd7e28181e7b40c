"""Which direct sends were refused of late (43101), in all processes together."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """Of the last 10 to 20 seconds. `answered`: messages that WeChat answered, from processes that met a refusal."""

    refused: int = 0
    answered: int = 0


class RefusalCounts(Protocol):
    """Asked only after a refusal. Every method raises StoreError; `now` is in ms."""

    def add(self, refused: int, answered: int, now: int) -> None: ...

    def read(self, now: int) -> RefusalCount: ...

    def doubted_since(self, openid: str, template_id: str, now: int) -> int:
        """Note that the refusal of this user is doubted. Returns when that was noted first in the last day (ms)."""
        ...
