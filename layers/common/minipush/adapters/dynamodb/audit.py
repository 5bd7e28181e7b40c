"""The Audit table.

    log                entry                                  item
    acts#2026-11-30    2026-11-30T08:00:00.000Z#<request id>  an act of an operator on that day (UTC)
    uses               <name of the key>                      when the key was last used

Items are only put, never changed or deleted by minipush. `at` in ms, `ttl` in seconds.
"""

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.timestamps import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from minipush.domain.audit import Act

AUDIT_KEPT_MS = timedelta(days=400) // timedelta(milliseconds=1)
USES = "uses"


class DynamoAuditStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def add(self, act: "Act") -> None:
        at = iso(act.at)
        item: dict[str, Any] = {
            "log": {"S": acts_log(at[:10])},
            "entry": {"S": f"{at}#{act.request_id}"},
            "operator": {"S": act.operator},
            "action": {"S": act.action},
            "status": {"N": str(act.status)},
            "about": {"S": json.dumps(act.about, ensure_ascii=False, separators=(",", ":"))},
            "ttl": {"N": str(ttl_seconds(act.at + AUDIT_KEPT_MS))},
        }
        self._client.put_item(TableName=self._table, Item=item)

    @raises_store_error
    def note_use(self, operator: str, at: int, unless_after: int) -> None:
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item={
                "log": {"S": USES},
                "entry": {"S": operator},
                "at": {"N": str(at)},
                "ttl": {"N": str(ttl_seconds(at + AUDIT_KEPT_MS))},
            },
            ConditionExpression="attribute_not_exists(entry) OR #at <= :unless_after",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":unless_after": {"N": str(unless_after)}},
        )
        is_written(self._client, put)


def acts_log(day: str) -> str:
    """`day`: such as 2026-11-30."""
    return f"acts#{day}"
