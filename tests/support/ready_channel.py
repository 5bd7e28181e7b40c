"""A channel without a token."""

from minipush.application.ports.channel import SendResult
from minipush.domain.messages import Message


class ReadyChannel:
    """For channels of tests: only `send` is left to write."""

    def is_ready(self, message: Message) -> bool:
        return True

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:
        return None
