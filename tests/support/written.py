"""How many writes of the users' table a test causes."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.deployment import Deployment
from support.statements import watch

from minipush.container import container

WRITES = {"PutItem", "UpdateItem", "DeleteItem"}

type CountWrites = Callable[[], Counter[str]]


def counting_writes(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> CountWrites:
    """Writes to the users' table from the call on, by operation; each statement of a batch is one."""

    def begin() -> Counter[str]:
        writes: Counter[str] = Counter()

        def count(operation: str, body: str) -> None:
            if operation == "BatchExecuteStatement":
                writes[operation] += body.count('"Statement":')
            elif operation in WRITES and deployment.users in body:
                writes[operation] += 1

        def before_call(model: Any, params: dict[str, Any], **_: Any) -> None:
            body = params["body"]
            count(model.name, body.decode() if isinstance(body, bytes) else str(body))

        container().dynamodb.meta.events.register("before-call.dynamodb", before_call)
        watch(monkeypatch, count)
        return writes

    return begin
