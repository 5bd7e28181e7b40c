"""Statements of many tasks, executed together in the event loop."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

import orjson

from minipush.adapters.aws.retrying import pause_before
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.statements import BATCH, TRIES, Batch, Statement, StatementResult
from minipush.errors import StoreError

CALLS: Final = 8

logger = logging.getLogger(__name__)

type Sleep = Callable[[float], Awaitable[None]]
type _Waiting = tuple[Statement, asyncio.Future[StatementResult]]


class StatementBatcher:
    """Collects the statements of one iteration of the event loop into calls of 25, at most CALLS at a time.

    While all of these are under way, more statements come together. `tries`: of a statement that is throttled.
    """

    def __init__(self, calls: EventLoopCalls, tries: int = TRIES, sleep: Sleep = asyncio.sleep) -> None:
        self._calls = calls
        self._tries = tries
        self._sleep = sleep
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_due = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def execute(self, statement: Statement) -> asyncio.Future[StatementResult]:
        """The result is never an error of the store: it says so itself."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._begin(loop)
        result: asyncio.Future[StatementResult] = asyncio.Future(loop=loop)
        self._waiting.append((statement, result))
        if not self._is_due:
            self._is_due = True
            loop.call_soon(self._start)
        return result

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nobody waits any more for what an ended loop has left."""
        self._loop, self._is_due = loop, False
        self._waiting.clear()
        self._under_way.clear()

    def _start(self) -> None:
        self._is_due = False
        while self._waiting and len(self._under_way) < CALLS:
            count = min(BATCH, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            call = asyncio.create_task(self._run(batch))
            self._under_way.add(call)
            call.add_done_callback(self._end)

    def _end(self, call: asyncio.Task[None]) -> None:
        self._under_way.discard(call)
        self._start()

    async def _run(self, waiting: list[_Waiting]) -> None:
        batch = Batch([statement for statement, _ in waiting])
        try:
            await self._execute(batch)
        except StoreError as error:
            batch.fail(error)
        except Exception as error:
            logger.exception("statements could not be executed")
            batch.fail(StoreError(type(error).__name__))
        except asyncio.CancelledError:
            batch.fail(StoreError("cancelled"))
            raise
        finally:
            for (_, future), result in zip(waiting, batch.results(), strict=True):
                if not future.done():
                    future.set_result(result)

    async def _execute(self, batch: Batch) -> None:
        for attempt in range(self._tries):
            if attempt:
                await self._sleep(pause_before(attempt))
            answer = await self._calls("BatchExecuteStatement", _body(batch.waiting))
            if batch.add(answer["Responses"]):
                return


def _body(statements: list[Statement]) -> bytes:
    """As Statement.request(), in JSON. A text is encoded once: thousands of statements have the same."""
    parts = [b"%b%b}" % (_prefix(each.text), orjson.dumps(each.parameters)) for each in statements]
    return b'{"Statements":[%b]}' % b",".join(parts)


@lru_cache(maxsize=32)
def _prefix(text: str) -> bytes:
    start = b'{"ReturnValuesOnConditionCheckFailure":"ALL_OLD","Statement":%b,"Parameters":'
    return start % orjson.dumps(text)
