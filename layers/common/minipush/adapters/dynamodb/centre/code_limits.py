"""How many codes have gone out, in the Centre table: `codes#<hash>` / `!codes`, with the instants (ms) in `sent`."""

import hashlib
from typing import Any

from minipush.adapters.dynamodb.centre.keys import key
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import update
from minipush.errors import StoreError

TRIES = 5


class DynamoCodeLimits:
    """`name` may hold an address: it is hashed."""

    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def take(self, name: str, most: int, window_ms: int, now: int) -> int | None:
        where = key(f"codes#{hashlib.sha256(name.encode()).hexdigest()}", "!codes")
        for _ in range(TRIES):
            item = self._table.get(where)
            before = item.get("sent")
            sent = [int(at["N"]) for at in before["L"]] if before else []
            recent = [at for at in sent if at > now - window_ms]
            if len(recent) >= most:
                return recent[0] + window_ms
            changes: dict[str, dict[str, Any] | None] = {
                "sent": {"L": [{"N": str(at)} for at in [*recent, now]]},
                "ttl": {"N": str(ttl_seconds(now + window_ms))},
            }
            condition = "#sent = :before" if before else "attribute_not_exists(#sent)"
            compared = {"before": before} if before else {}
            if self._table.update(where, update(condition, compared, changes)) is not None:
                return None
        raise StoreError(f"a count of codes was changed by others {TRIES} times")
