"""The claims on permits, in DynamoDB: what many coroutines ask for travels in one call."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.errors import raises_store_error
from minipush.adapters.dynamodb.statements import BATCH, TRIES, Statement, Statements, Verdict, insert
from minipush.adapters.dynamodb.users.invalidations import invalidation, removal
from minipush.adapters.dynamodb.users.items import (
    WITHDRAWN,
    claim_ttl,
    key,
    marker,
    marker_item,
    sort_key,
    ttl_seconds,
)
from minipush.domain.permits import NOTHING_LEFT, Permit, PermitKind, delivery_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITERS = 4


class DynamoLedger:
    """`tries`: how often a write that the table throttles is asked for, with growing pauses."""

    def __init__(self, client: "DynamoDBClient", table: str, tries: int = TRIES) -> None:
        self._client = client
        self._table = table
        self._writes = Batches(Statements(client, tries=tries))

    async def claim(self, openid: str, permit: Permit, holder: str, now: int) -> str | None:
        """The holder itself also where its answer was lost, and the SDK asked again."""
        verdict = await self._write(self._claim(openid, permit, holder, now))
        if verdict.done:
            return holder
        item = verdict.item
        if item is None:
            item = await asyncio.to_thread(self._read, openid, _claimed_key(permit, holder))
        return None if "invalidated_by" in item else item.get("claim", {}).get("S")

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        if permit.claim is None:
            return False
        before, sk = permit.claim.holder, _claimed_key(permit, holder)
        verdict = await self._write(self._held("UPDATE", openid, sk, before, "SET claim = ?", {"S": holder}))
        return verdict.done or (verdict.item or {}).get("claim") == {"S": holder}

    async def give_back(self, openid: str, permit: Permit, holder: str) -> None:
        if permit.kind is PermitKind.LONG:
            await self._write(self._held("DELETE FROM", openid, _claimed_key(permit, holder), holder))
        elif permit.expires_at is None:
            await self._give_back_accept(openid, permit, holder)
        else:
            ttl = {"N": str(ttl_seconds(permit.expires_at))}
            changes = 'REMOVE claim REMOVE claimed_at SET "ttl" = ?'
            await self._write(self._held("UPDATE", openid, sort_key(permit), holder, changes, ttl))

    async def _give_back_accept(self, openid: str, permit: Permit, holder: str) -> None:
        """It is dead where the user has withdrawn it meanwhile."""
        changes = 'REMOVE claim REMOVE claimed_at REMOVE "ttl"'
        held = self._held("UPDATE", openid, sort_key(permit), holder, changes)
        verdict = await self._write(replace(held, text=f"{held.text} AND {WITHDRAWN} IS MISSING"))
        if WITHDRAWN in (verdict.item or {}):
            await self.invalidate(openid, permit, holder, NOTHING_LEFT)

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        invalidations = (
            invalidation(self._table, openid, permit, holder, errcode, now) for permit in permits
        )
        await asyncio.gather(*map(self._write, invalidations))

    async def invalidate(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        invalidated_by = {"N": str(errcode)}
        sk = _claimed_key(permit, holder)
        verdict = await self._write(
            self._held("UPDATE", openid, sk, holder, "SET invalidated_by = ?", invalidated_by)
        )
        if verdict.done and permit.kind is PermitKind.LONG:
            # The permit has no claim of its own to bear the mark.
            await self._write(removal(self._table, openid, replace(permit, claim=None)))
        return verdict.done

    async def _write(self, statement: Statement) -> Verdict:
        verdict = await self._writes.ask(statement)
        if verdict.error:
            raise verdict.error
        return verdict

    @raises_store_error
    def _read(self, openid: str, sk: str) -> dict[str, Any]:
        answer: Any = self._client.get_item(TableName=self._table, Key=key(openid, sk), ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _claim(self, openid: str, permit: Permit, holder: str, now: int) -> Statement:
        if permit.kind is PermitKind.LONG:
            return insert(self._table, marker_item(openid, holder, now))
        changes = 'SET claim = ? SET claimed_at = ? SET "ttl" = ?'
        values = ({"S": holder}, {"N": str(now)}, claim_ttl(now))
        where = "openid = ? AND sk = ? AND claim IS MISSING"
        return self._statement("UPDATE", changes, where, *values, *key(openid, sort_key(permit)).values())

    def _held(
        self, verb: str, openid: str, sk: str, holder: str, changes: str = "", *values: dict[str, Any]
    ) -> Statement:
        """A write that is made only while the holder has the claim."""
        where = "openid = ? AND sk = ? AND claim = ?"
        return self._statement(verb, changes, where, *values, *key(openid, sk).values(), {"S": holder})

    def _statement(self, verb: str, changes: str, where: str, *values: dict[str, Any]) -> Statement:
        return Statement(f'{verb} "{self._table}" {changes} WHERE {where}', values)


def _claimed_key(permit: Permit, holder: str) -> str:
    """Where the claim lies: with the permit, but for a long-term one."""
    return marker(delivery_of(holder)) if permit.kind is PermitKind.LONG else sort_key(permit)


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
