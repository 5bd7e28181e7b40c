"""The API for back ends and operators."""

from typing import Any

from minipush.container import container


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return container().operators_service(event, context)
