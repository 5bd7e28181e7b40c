"""The red switch in memory. It passes the contract suite of the real one."""

from dataclasses import dataclass, field

from minipush.domain.sending import Sending


@dataclass(slots=True)
class MemorySendingSwitch:
    sending: Sending = field(default_factory=Sending)

    def read(self) -> Sending:
        return self.sending

    async def look(self) -> Sending:
        return self.read()

    def turn(self, sending: Sending) -> None:
        self.sending = sending
