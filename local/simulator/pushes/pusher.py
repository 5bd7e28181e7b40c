"""Pushes events to the callback in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from local.simulator.pushes.callbacks import ATTEMPTS, Callback
from local.simulator.pushes.encoding import encode
from local.simulator.pushes.events import Event
from local.simulator.pushes.outbox import Push
from local.simulator.state import SimulatorState
from local.simulator.wechat import WeChat

CONCURRENCY = 4
# The pause before each push while calls arrive, so that pushes do not slow down the answers to many calls.
PAUSE = 0.02


class Pusher:
    def __init__(self, state: SimulatorState, session: ClientSession) -> None:
        self._state = state
        self._session = session
        self._workers = 0
        self._called_at = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Start to push waiting events. The server calls this after each call, which may have created events."""
        self._called_at = monotonic()
        while self._workers < CONCURRENCY and (push := self._state.wechat.outbox.take()):
            self._workers += 1
            task = asyncio.create_task(self._work(self._state.wechat, push))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Wait until no event is waiting, or until the time is up."""
        deadline = monotonic() + seconds
        while self._tasks and monotonic() < deadline:
            await asyncio.wait(self._tasks, timeout=deadline - monotonic())

    async def post(self, event: Event, callback: Callback, wechat: WeChat) -> tuple[int, str]:
        """Push once. Return the status and the answer.

        ClientError or TimeoutError: no answer. ValueError: an impossible URL.
        """
        # Signed with the machine's time: the callback's clock is not moved, and it refuses other times.
        appid = wechat.official.appid if event.is_official else wechat.appid
        request = encode(event, callback, appid, int(wechat.clock.real()))
        async with self._session.post(
            callback.url,
            params=request.query,
            data=request.body,
            headers={"Content-Type": request.media_type},
            allow_redirects=False,
        ) as answer:
            return answer.status, await answer.text(errors="replace")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, wechat: WeChat, push: Push | None) -> None:
        """Push one event after the other. After a reset, continue with the events of the new state."""
        try:
            while push:
                if monotonic() < self._called_at + PAUSE:
                    await asyncio.sleep(PAUSE)
                await self._deliver(wechat, push)
                wechat = self._state.wechat
                push = wechat.outbox.take()
        finally:
            self._workers -= 1

    async def _deliver(self, wechat: WeChat, push: Push) -> None:
        for _ in range(ATTEMPTS):
            settings = wechat.settings
            callback = settings.official_callback if push.event.is_official else settings.callback
            if callback is None:
                break
            push.statuses.append(await self._attempt(push.event, callback, wechat))
            if push.statuses[-1] == 200:
                wechat.outbox.finish(push, "delivered")
                return
        wechat.outbox.finish(push, "given_up")

    async def _attempt(self, event: Event, callback: Callback, wechat: WeChat) -> int | None:
        try:
            return (await self.post(event, callback, wechat))[0]
        except (ClientError, TimeoutError, ValueError):  # ValueError: an impossible host or port
            return None


@asynccontextmanager
async def pushing(state: SimulatorState) -> AsyncIterator[Pusher]:
    """A pusher with its own connections. The end of the context drops the events that still wait."""
    timeout = ClientTimeout(total=state.options.push_timeout)
    async with ClientSession(timeout=timeout, cookie_jar=DummyCookieJar()) as session:
        pusher = Pusher(state, session)
        try:
            yield pusher
        finally:
            await pusher.close()
