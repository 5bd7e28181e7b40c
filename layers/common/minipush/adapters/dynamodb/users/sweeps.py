"""Sweeps over the Users table. The cursor and the last measures are in the State table."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import pool_key, sweep_key, tags_key
from minipush.adapters.dynamodb.state.values import StateValues, value_item
from minipush.adapters.dynamodb.statements import Statement, Statements
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.users.items import (
    PROFILE,
    Item,
    key,
    permit_ttl,
    read_permit,
    read_settings,
    sort_key,
)
from minipush.application.ports.sweeps import Sweep
from minipush.domain.accounts import Account
from minipush.domain.permits import Permit
from minipush.domain.pool import CurrentUser, PoolMeasure, Reach
from minipush.domain.tag_counts import TagCounts, TagMeasure
from minipush.domain.users import UserSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECTION = (
    "openid, sk, expires_at, permit_kind, claim, claimed_at, invalidated_by, opt_out, quiet_hours, tags"
)


class DynamoSweepStore:
    def __init__(
        self, client: "DynamoDBClient", users_table: str, state_table: str, account: Account
    ) -> None:
        self._client = client
        self._account = account
        self._users = users_table
        self._state = state_table
        self._values = StateValues(client, state_table)
        self._statements = Statements(client)

    def resume(self) -> Sweep | None:
        kept = self._values.read(sweep_key(self._account))
        if kept is None or kept["finished"]:
            return None
        measures = {"measure": _read_measure(kept["measure"]), "tags": TagCounts(**kept["tags"])}
        return Sweep(**kept | measures)

    @raises_store_error
    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, UserSettings | Permit]], Mapping[str, Any] | None]:
        answer = self._client.scan(
            TableName=self._users,
            ProjectionExpression=PROJECTION,
            **({"ExclusiveStartKey": cursor} if cursor else {}),  # type: ignore[arg-type]
        )
        read = ((item["openid"]["S"], _read_item(item)) for item in answer["Items"])
        return [(openid, found) for openid, found in read if found], answer.get("LastEvaluatedKey")

    def remove(self, permits: list[tuple[str, Permit]], kept_until: int) -> int:
        where = 'openid = ? AND sk = ? AND "ttl" <= ?'
        text = f'DELETE FROM "{self._users}" WHERE {where} RETURNING ALL OLD *'  # noqa: S608
        unclaimed, claimed = permit_ttl(kept_until), {"N": str(ttl_seconds(kept_until))}
        keys = [
            (*key(openid, sort_key(permit)).values(), claimed if permit.claim else unclaimed)
            for openid, permit in permits
        ]
        results = self._statements.execute([Statement(text, parameters) for parameters in keys])
        # Deleting what TTL has deleted succeeds without an item. The next sweep retries what failed.
        return sum(result.done and result.item is not None for result in results)

    @raises_store_error
    def save(self, sweep: Sweep) -> bool:
        """Only the sweep that the cursor belongs to overwrites it, at the version that this run knows."""
        before, sweep.version = sweep.version, sweep.version + 1
        pass_, write_id = {"N": str(sweep.measure.now)}, {"S": uuid.uuid4().hex}
        item = value_item(sweep_key(self._account), asdict(sweep)) | {
            "pass": pass_,
            "version": {"N": str(sweep.version)},
            "write_id": write_id,
        }
        if before:
            condition = "pass = :pass AND version = :before"
            values: dict[str, Any] = {":pass": pass_, ":before": {"N": str(before)}}
        else:
            condition, values = "attribute_not_exists(id) OR finished = :yes", {":yes": {"BOOL": True}}
        put = partial(
            self._client.put_item,
            TableName=self._state,
            Item=item | {"finished": {"BOOL": sweep.finished}},
            # A write whose answer was lost is repeated, and finds itself.
            ConditionExpression=f"{condition} OR write_id = :write_id",
            ExpressionAttributeValues=values | {":write_id": write_id},
        )
        return is_written(self._client, put)

    def publish(self, sweep: Sweep) -> None:
        self._values.keep(pool_key(self._account), asdict(sweep.measure))
        self._values.keep(tags_key(self._account), asdict(TagMeasure(sweep.measure.now, sweep.tags)))

    def pool(self) -> PoolMeasure | None:
        kept = self._values.read(pool_key(self._account))
        return _read_measure(kept) if kept else None

    def tags(self) -> TagMeasure | None:
        kept = self._values.read(tags_key(self._account))
        return TagMeasure(kept["at"], TagCounts(**kept["counts"])) if kept else None


def _read_item(item: Item) -> UserSettings | Permit | None:
    return read_settings(item) if item["sk"]["S"] == PROFILE else read_permit(item)


def _read_measure(kept: dict[str, Any]) -> PoolMeasure:
    current = kept["current"]
    return PoolMeasure(
        **kept
        | {
            "expiring": _by_number(kept["expiring"]),
            "reaches": {name: _read_reach(**reach) for name, reach in kept["reaches"].items()},
            "current": CurrentUser(**current | {"quiet": tuple(current["quiet"])}) if current else None,
        }
    )


def _read_reach(permits: int, expired: dict[str, int], changes: dict[str, int]) -> Reach:
    return Reach(permits, _by_number(expired), _by_number(changes))


def _by_number(counts: dict[str, int]) -> dict[int, int]:
    """The keys of a JSON object are strings."""
    return {int(number): count for number, count in counts.items()}
