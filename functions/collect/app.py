"""The API for mini-programs."""

from typing import Any

from minipush.container import container


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return container().mini_program_service(event, context)
