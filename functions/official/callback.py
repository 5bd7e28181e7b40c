"""The callback of the official account."""

from typing import Any

from minipush.container import container


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return container().official_callback(event, context)
