"""What a client reads of DynamoDB: how many requests it makes, and how many items they look at."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class TableReads:
    """`requests`: by operation. `items`: those that DynamoDB looked at, whether it returned them or not."""

    requests: Counter[str] = field(default_factory=Counter)
    items: int = 0

    @classmethod
    def of(cls, client: DynamoDBClient) -> "TableReads":
        """Count from now on."""
        reads = cls()
        client.meta.events.register("after-call.dynamodb", reads.count)
        return reads

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    def reset(self) -> None:
        self.requests.clear()
        self.items = 0

    def count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.requests[model.name] += 1
        found = parsed.get("Responses", {})
        together = sum(map(len, found.values())) if isinstance(found, dict) else 0
        self.items += parsed.get("ScannedCount", 0) + together + ("Item" in parsed)
