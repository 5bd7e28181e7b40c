"""The function for back ends and operators."""

from typing import Any

from minipush.bootstrap import collaborators


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return collaborators().operators_service(event, context)
