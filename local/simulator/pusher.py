"""Carries events to the callback, in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from local.simulator.callbacks import Callback
from local.simulator.events import Event
from local.simulator.outbox import Push
from local.simulator.pushes import write
from local.simulator.wechat import WeChat
from local.simulator.world import World

# WeChat hangs up after five seconds, and tries three times in all.
PATIENCE = 5
TRIES = 3
AT_ONCE = 4
# While calls come, so long a pause before each push: answers go first, and a flood of calls isn't slowed down.
PAUSE = 0.02


class Pusher:
    def __init__(self, world: World, session: ClientSession) -> None:
        self._world = world
        self._session = session
        self._carriers = 0
        self._called_at = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """To be called after each call, for it may have led to events."""
        self._called_at = monotonic()
        while self._carriers < AT_ONCE and (push := self._world.wechat.outbox.take()):
            self._carriers += 1
            task = asyncio.create_task(self._carry(self._world.wechat, push))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Until there is nothing left to push, or the time is up."""
        deadline = monotonic() + seconds
        while self._tasks and monotonic() < deadline:
            await asyncio.wait(self._tasks, timeout=deadline - monotonic())

    async def post(self, event: Event, callback: Callback, wechat: WeChat) -> tuple[int, str]:
        """Push once: status and answer. ClientError or TimeoutError when there is none, ValueError for a URL that can be none."""
        # Signed at the machine's time: the callback's clock isn't moved, and it refuses what is signed too early or late.
        letter = write(event, callback, wechat.appid, int(wechat.clock.real()))
        async with self._session.post(
            callback.url,
            params=letter.query,
            data=letter.body,
            headers={"Content-Type": letter.media_type},
            allow_redirects=False,
        ) as answer:
            return answer.status, await answer.text(errors="replace")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, wechat: WeChat, push: Push | None) -> None:
        """One push after the other, also those of the world after a reset."""
        try:
            while push:
                if monotonic() < self._called_at + PAUSE:
                    await asyncio.sleep(PAUSE)
                await self._deliver(wechat, push)
                wechat = self._world.wechat
                push = wechat.outbox.take()
        finally:
            self._carriers -= 1

    async def _deliver(self, wechat: WeChat, push: Push) -> None:
        for _ in range(TRIES):
            callback = wechat.settings.callback
            if callback is None:
                break
            push.statuses.append(await self._try(push.event, callback, wechat))
            if push.statuses[-1] == 200:
                wechat.outbox.finish(push, "delivered")
                return
        wechat.outbox.finish(push, "given_up")

    async def _try(self, event: Event, callback: Callback, wechat: WeChat) -> int | None:
        try:
            return (await self.post(event, callback, wechat))[0]
        except (ClientError, TimeoutError, ValueError):  # ValueError: a host or a port that can be none
            return None


@asynccontextmanager
async def pushing(world: World) -> AsyncIterator[Pusher]:
    """A pusher with connections of its own; what is not pushed when the context ends never is."""
    timeout = ClientTimeout(total=PATIENCE)
    async with ClientSession(timeout=timeout, cookie_jar=DummyCookieJar()) as session:
        pusher = Pusher(world, session)
        try:
            yield pusher
        finally:
            await pusher.close()
