"""The claims on permits, in DynamoDB: what many coroutines ask for travels in one call."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from minipush.adapters.items import key, marker, marker_item, sort_key, ttl_seconds
from minipush.adapters.statements import BATCH, Statement, Statements, Verdict
from minipush.domain.permits import LIFE_MS, Kind, Permit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITERS = 4


class DynamoLedger:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = table
        self._writes = Batches(Statements(client))

    async def claim(self, openid: str, permit: Permit, delivery: str, now: int) -> bool:
        verdict = await self._writes.ask(self._claim(openid, permit, delivery, now))
        return verdict.done or _is_ours(verdict.there, delivery)

    async def give_back(self, openid: str, permit: Permit, delivery: str) -> None:
        if permit.kind is Kind.LONG:
            await self._writes.ask(self._statement("DELETE FROM", "", openid, marker(delivery), delivery))
            return
        removed = " REMOVE claim REMOVE claimed_at" + (" REMOVE ttl" if permit.kind is Kind.ONCE else "")
        await self._writes.ask(self._statement("UPDATE", removed, openid, sort_key(permit), delivery))

    async def bury(self, openid: str, permit: Permit, delivery: str, errcode: int) -> None:
        sk = marker(delivery) if permit.kind is Kind.LONG else sort_key(permit)
        dead = {"N": str(errcode)}
        await self._writes.ask(self._statement("UPDATE", " SET dead = ?", openid, sk, delivery, dead))

    def _claim(self, openid: str, permit: Permit, delivery: str, now: int) -> Statement:
        if permit.kind is Kind.LONG:
            item = marker_item(openid, delivery, now)
            fields = ", ".join(f"'{name}': ?" for name in item)
            return Statement(f'INSERT INTO "{self._table}" VALUE {{{fields}}}', tuple(item.values()))
        changes, values = " SET claim = ? SET claimed_at = ?", [{"S": delivery}, {"N": str(now)}]
        if permit.kind is Kind.ONCE:
            changes += " SET ttl = ?"
            values.append({"N": str(ttl_seconds(now + LIFE_MS))})
        where = " WHERE openid = ? AND sk = ? AND claim IS MISSING"
        return Statement(
            f'UPDATE "{self._table}"{changes}{where}',
            (*values, *key(openid, sort_key(permit)).values()),
        )

    def _statement(
        self, verb: str, change: str, openid: str, sk: str, delivery: str, *values: dict[str, Any]
    ) -> Statement:
        where = " WHERE openid = ? AND sk = ? AND claim = ?"
        return Statement(
            f'{verb} "{self._table}"{change}{where}', (*values, *key(openid, sk).values(), {"S": delivery})
        )


def _is_ours(there: dict[str, Any] | None, delivery: str) -> bool:
    """The claim arrived but its answer was lost, and the SDK asked again."""
    return there is not None and there.get("claim") == {"S": delivery} and "dead" not in there


class Batches:
    """Gathers statements that are asked for in the same turn of the event loop into calls of 25."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="ledger")
        self._waiting: list[tuple[Statement, asyncio.Future[Verdict]]] = []

    async def ask(self, statement: Statement) -> Verdict:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Verdict] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send_off)
        self._waiting.append((statement, answer))
        if len(self._waiting) == BATCH:
            self._send_off()
        return await answer

    def _send_off(self) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._threads, self._statements.execute, [s for s, _ in batch])
        call.add_done_callback(lambda done: _hand_out(done, [answer for _, answer in batch]))


def _hand_out(done: asyncio.Future[list[Verdict]], answers: list[asyncio.Future[Verdict]]) -> None:
    error = done.exception()
    for index, answer in enumerate(answers):
        if answer.done():
            continue
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(done.result()[index])
