"""The claims on permits, in DynamoDB."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.statement_batcher import StatementBatcher
from minipush.adapters.dynamodb.statements import TRIES, Statement, StatementResult, insert
from minipush.adapters.dynamodb.updates import update
from minipush.adapters.dynamodb.users.invalidations import invalidation, removal
from minipush.adapters.dynamodb.users.items import (
    REPORTED_UNKNOWN,
    WITHDRAWAL_ERRCODE,
    WITHDRAWN,
    claim_ttl,
    key,
    marker,
    marker_item,
    permit_ttl,
    read_claim,
    sort_key,
)
from minipush.domain.permits import Permit, delivery_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoLedger:
    """`tries`: how often a throttled write is tried, with growing pauses."""

    def __init__(
        self, client: "DynamoDBClient", calls: EventLoopCalls, table: str, tries: int = TRIES
    ) -> None:
        self._client = client
        self._table = table
        self._writes = StatementBatcher(calls, tries)
        # Each message needs one.
        self._claim_text = (
            f'UPDATE "{table}" SET claim = ? SET claimed_at = ? SET "ttl" = ?'  # noqa: S608
            " WHERE openid = ? AND sk = ? AND claim IS MISSING"
        )

    async def claim(self, openid: str, permit: Permit, holder: str, now: int) -> str | None:
        # After a lost answer the write is repeated, and then fails on our own claim: we hold the permit.
        result = await self._write(self._claim(openid, permit, holder, now))
        if result.done:
            return holder
        item = result.item
        if item is None:
            item = await asyncio.to_thread(self._read, key(openid, _claim_key(permit, holder)))
        return None if "invalidated_by" in item else item.get("claim", {}).get("S")

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        if permit.claim is None:
            return False
        before, sk = permit.claim.holder, _claim_key(permit, holder)
        result = await self._write(self._held("UPDATE", openid, sk, before, "SET claim = ?", {"S": holder}))
        return result.done or (result.item or {}).get("claim") == {"S": holder}

    async def give_back(self, openid: str, permit: Permit, holder: str) -> None:
        if permit.kind.is_reusable:
            await self._write(self._held("DELETE FROM", openid, _claim_key(permit, holder), holder))
            return
        result = await self._write(self._release(openid, permit, holder))
        if WITHDRAWN in (result.item or {}):
            await self.invalidate(openid, permit, holder, WITHDRAWAL_ERRCODE)

    def _release(self, openid: str, permit: Permit, holder: str) -> Statement:
        """Remove the claim. Fails if the user has withdrawn the permit meanwhile."""
        changes, values = 'REMOVE claim REMOVE claimed_at REMOVE "ttl"', []
        if permit.expires_at is not None:
            changes = 'REMOVE claim REMOVE claimed_at SET "ttl" = ?'
            values = [permit_ttl(permit.expires_at)]
        held = self._held("UPDATE", openid, sort_key(permit), holder, changes, *values)
        if permit.kind.names_template:
            return held._replace(text=f"{held.text} AND {WITHDRAWN} IS MISSING")
        return held

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        invalidations = (
            invalidation(self._table, openid, permit, holder, errcode, now) for permit in permits
        )
        await asyncio.gather(*map(self._write, invalidations))

    async def report_unknown(self, openid: str, permit: Permit, holder: str) -> str | None:
        where = key(openid, _claim_key(permit, holder))
        if await asyncio.to_thread(self._mark_unknown, where, holder):
            return None
        claim = read_claim(await asyncio.to_thread(self._read, where))
        is_settled = claim is not None and claim.holder == holder and not claim.is_reported_unknown
        return claim.known_msgid if claim and is_settled else None

    @raises_store_error
    def _mark_unknown(self, where: dict[str, Any], holder: str) -> bool:
        """False if another process has the claim, or WeChat has accepted the message."""
        request = update(
            "#claim = :holder"
            " AND (attribute_not_exists(#confirmed) OR #confirmed.#claim <> :holder)"
            " AND (attribute_not_exists(#delivery_failure) OR #delivery_failure.#claim <> :holder)",
            {"holder": {"S": holder}},
            {REPORTED_UNKNOWN: {"S": holder}},
        )
        mark = partial(self._client.update_item, TableName=self._table, Key=where, **request)
        return is_written(self._client, mark)

    async def invalidate(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        changes, errcode_value = "SET invalidated_by = ?", {"N": str(errcode)}
        sk = _claim_key(permit, holder)
        result = await self._write(self._held("UPDATE", openid, sk, holder, changes, errcode_value))
        if result.done and permit.kind.is_reusable:
            # The marker is invalidated. The permit itself has no claim that could carry the errcode.
            await self._write(removal(self._table, openid, permit._replace(claim=None)))
        return result.done

    async def _write(self, statement: Statement) -> StatementResult:
        result = await self._writes.execute(statement)
        if result.error:
            raise result.error
        return result

    @raises_store_error
    def _read(self, where: dict[str, Any]) -> dict[str, Any]:
        answer: Any = self._client.get_item(TableName=self._table, Key=where, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _claim(self, openid: str, permit: Permit, holder: str, now: int) -> Statement:
        if permit.kind.is_reusable:
            return insert(self._table, marker_item(openid, permit, holder, now))
        values = ({"S": holder}, {"N": str(now)}, claim_ttl(now), {"S": openid}, {"S": sort_key(permit)})
        return Statement(self._claim_text, values)

    def _held(
        self, verb: str, openid: str, sk: str, holder: str, changes: str = "", *values: dict[str, Any]
    ) -> Statement:
        """A write on the condition that the holder has the claim."""
        where = "openid = ? AND sk = ? AND claim = ?"
        return self._statement(verb, changes, where, *values, *key(openid, sk).values(), {"S": holder})

    def _statement(self, verb: str, changes: str, where: str, *values: dict[str, Any]) -> Statement:
        return Statement(f'{verb} "{self._table}" {changes} WHERE {where}', values)


def _claim_key(permit: Permit, holder: str) -> str:
    """The sort key of the item with the claim: the permit's, or the marker's for a reusable permit."""
    return marker(delivery_of(holder)) if permit.kind.is_reusable else sort_key(permit)
