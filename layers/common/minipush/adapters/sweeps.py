"""The sweep's passes over the Users table, and the pool's last measure in the State table."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from minipush.adapters.items import key, read_permit, sort_key
from minipush.adapters.statements import Statement, Statements
from minipush.domain.permits import Permit
from minipush.domain.pool import PoolMeasure
from minipush.usecases.ports import Sweep

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PLACE = "sweep"
POOL = "pool"


class DynamoSweepStore:
    def __init__(self, client: "DynamoDBClient", users_table: str, state_table: str) -> None:
        self._client = client
        self._users = users_table
        self._state = state_table
        self._statements = Statements(client)

    def resume(self) -> Sweep | None:
        kept = self._read(PLACE)
        if kept is None or kept["finished"]:
            return None
        return Sweep(**kept | {"measure": PoolMeasure(**kept["measure"])})

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, Permit]], Mapping[str, Any] | None]:
        answer = self._client.scan(
            TableName=self._users,
            ProjectionExpression="openid, sk, expires_at, claim, claimed_at, dead",
            **({"ExclusiveStartKey": cursor} if cursor else {}),  # type: ignore[arg-type]
        )
        read = ((item["openid"]["S"], read_permit(item)) for item in answer["Items"])
        permits = [(openid, permit) for openid, permit in read if permit]
        return permits, answer.get("LastEvaluatedKey")

    def remove(self, permits: list[tuple[str, Permit]], expired_by: int) -> int:
        text = f'DELETE FROM "{self._users}" WHERE openid = ? AND sk = ? AND expires_at <= ?'  # noqa: S608
        by = {"N": str(expired_by)}
        keys = [(*key(openid, sort_key(permit)).values(), by) for openid, permit in permits]
        verdicts = self._statements.execute([Statement(text, parameters) for parameters in keys])
        return sum(verdict.done for verdict in verdicts)

    def save(self, sweep: Sweep) -> bool:
        """The place is written over only at the version that this sweep read or wrote last."""
        before, sweep.version = sweep.version, sweep.version + 1
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(id) OR finished = :yes OR version = :before",
            "ExpressionAttributeValues": {":yes": {"BOOL": True}, ":before": {"N": str(before)}},
        }
        try:
            self._write(PLACE, asdict(sweep), condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def publish(self, sweep: Sweep) -> None:
        self._write(POOL, asdict(sweep.measure), {})

    def pool(self) -> PoolMeasure | None:
        kept = self._read(POOL)
        return PoolMeasure(**kept) if kept else None

    def _read(self, id_: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._state, Key={"id": {"S": id_}}, ConsistentRead=True)
        return json.loads(answer["Item"]["value"]["S"]) if "Item" in answer else None

    def _write(self, id_: str, value: Mapping[str, Any], condition: Mapping[str, Any]) -> None:
        item: dict[str, Any] = {"id": {"S": id_}, "value": {"S": json.dumps(value)}}
        if condition:
            item |= {"version": {"N": str(value["version"])}, "finished": {"BOOL": value["finished"]}}
        self._client.put_item(TableName=self._state, Item=item, **condition)
