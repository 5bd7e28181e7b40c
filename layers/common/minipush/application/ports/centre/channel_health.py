"""What all workers know together of the channels."""

from typing import Protocol

from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.reminders import ChannelKind


class ChannelHealthStore(Protocol):
    def read(self, kind: ChannelKind) -> ChannelHealth: ...

    def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
        """False if another process has changed it since `before` was read."""
        ...
