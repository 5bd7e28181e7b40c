"""The API for mini-programs, and the callback for WeChat's own events."""

from typing import Any

from minipush.container import container


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return container().collect_service(event, context)
