"""The last refusal of each kind of channel that every other reminder of the kind would meet, too."""

from dataclasses import dataclass
from typing import Protocol

from minipush.domain.centre.reminders import ChannelKind


@dataclass(frozen=True, slots=True)
class ChannelRefusal:
    """`at`: ms. `detail`: what the provider said, which begins with its code. It names nobody."""

    at: int
    detail: str


class ChannelRefusalStore(Protocol):
    def read(self, kind: ChannelKind) -> ChannelRefusal | None: ...

    def keep(self, kind: ChannelKind, refusal: ChannelRefusal) -> None:
        """It takes the place of the one before."""
        ...
