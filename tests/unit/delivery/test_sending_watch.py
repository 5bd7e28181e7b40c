import asyncio
import logging

import pytest
from support.sending import MemorySendingSwitch

from minipush.application.delivery.sending_watch import SendingWatch
from minipush.domain.sending import Sending
from minipush.errors import SendingOffError, StoreError

OFF = Sending(enabled=False, reason="wrong template")
LOOK = 0.01


class Counted(MemorySendingSwitch):
    """`reads` counts; `fails`: reading raises StoreError."""

    reads = 0
    fails = False

    def read(self) -> Sending:
        self.reads += 1
        if self.fails:
            raise StoreError("throttled")
        return self.sending


@pytest.fixture
def switch() -> Counted:
    return Counted()


async def until_read(switch: Counted, count: int = 2) -> None:
    reads = switch.reads
    while switch.reads < reads + count:  # noqa: ASYNC110  # reads happen in a thread
        await asyncio.sleep(LOOK)


def test_it_knows_the_switch_as_soon_as_it_watches(switch: Counted) -> None:
    async def run() -> bool:
        async with SendingWatch(switch, LOOK) as watch:
            return watch.is_off

    switch.turn(OFF)
    assert asyncio.run(run())


def test_it_notices_a_change_in_both_directions(switch: Counted) -> None:
    async def run() -> list[bool]:
        found = []
        async with SendingWatch(switch, LOOK) as watch:
            for sending in (OFF, Sending()):
                switch.turn(sending)
                await until_read(switch)
                found.append(watch.is_off)
        return found

    assert asyncio.run(run()) == [True, False]


def test_many_who_watch_cost_one_read(switch: Counted) -> None:
    async def run() -> None:
        watch = SendingWatch(switch, look_seconds=60)
        async with watch, watch, watch:
            pass

    asyncio.run(run())
    assert switch.reads == 1


def test_those_who_begin_together_leave_nothing_behind(switch: Counted) -> None:
    async def run() -> set[asyncio.Task[object]]:
        watch = SendingWatch(switch, LOOK)

        async def watched() -> None:
            async with watch:
                await until_read(switch)

        await asyncio.gather(watched(), watched(), watched())
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(run()) == set()


def test_it_reads_nothing_while_nobody_watches_and_looks_afresh_for_the_next_one(switch: Counted) -> None:
    async def run() -> tuple[int, bool]:
        watch = SendingWatch(switch, LOOK)
        async with watch:
            pass
        reads = switch.reads
        await asyncio.sleep(5 * LOOK)
        switch.turn(OFF)
        unread = switch.reads - reads
        async with watch:
            return unread, watch.is_off

    assert asyncio.run(run()) == (0, True)


def test_nothing_begins_while_the_switch_cant_be_read(switch: Counted) -> None:
    async def run() -> None:
        async with SendingWatch(switch, LOOK):
            pass

    switch.fails = True
    with pytest.raises(StoreError):
        asyncio.run(run())


@pytest.mark.parametrize("before", [Sending(), OFF])
def test_the_last_value_holds_while_the_switch_cant_be_read(
    switch: Counted, before: Sending, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> bool:
        async with SendingWatch(switch, LOOK) as watch:
            switch.fails = True
            await until_read(switch)
            return watch.is_off

    switch.turn(before)
    with caplog.at_level(logging.WARNING):
        assert asyncio.run(run()) is not before.enabled
    assert "can't be read" in caplog.text


def test_the_error_has_the_operators_reason(switch: Counted) -> None:
    async def run() -> None:
        async with SendingWatch(switch, LOOK) as watch:
            watch.check()

    switch.turn(OFF)
    with pytest.raises(SendingOffError, match="wrong template"):
        asyncio.run(run())
