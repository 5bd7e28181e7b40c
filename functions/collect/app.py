"""The function for mini-programs and WeChat's callback."""

from typing import Any

from minipush.bootstrap import collaborators


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return collaborators().answer_collect(event, context)
