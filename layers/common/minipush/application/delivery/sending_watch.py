"""Whether the red switch is on, known to a process that sends, from a read half a second old at most."""

import asyncio
import logging
from contextlib import suppress
from typing import Final, Self

from minipush.application.ports.sending import SendingLook
from minipush.errors import SendingOffError, StoreError

logger = logging.getLogger(__name__)

# With the time of a read, less than half a second.
LOOK_SECONDS: Final = 0.4


class SendingWatch:
    """One for all sends of a process. It looks while somebody watches: `async with watch`.

    `is_off` is a plain attribute, to be asked before each call. While the switch can't be read, the last value holds.
    """

    def __init__(self, switch: SendingLook, look_seconds: float = LOOK_SECONDS) -> None:
        self._switch = switch
        self._look_seconds = look_seconds
        self._watchers = 0
        self._looks: asyncio.Task[None] | None = None
        self.is_off = False
        self.reason: str | None = None

    async def __aenter__(self) -> Self:
        """Raises StoreError if the switch can't be read: nothing may go out then."""
        if not self._watchers:
            await self._look()
        self._watchers += 1
        if self._looks is None:
            self._looks = asyncio.create_task(self._repeat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watchers -= 1
        if self._watchers or self._looks is None:
            return
        looks, self._looks = self._looks, None
        looks.cancel()
        with suppress(asyncio.CancelledError):
            await looks

    def check(self) -> None:
        """Raise SendingOffError while sending is off."""
        if self.is_off:
            raise SendingOffError(self.reason)

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                await self._look()
            except StoreError:
                logger.warning("the red switch can't be read", exc_info=True)

    async def _look(self) -> None:
        found = await self._switch.look()
        self.is_off, self.reason = not found.enabled, found.reason
