"""What mini-programs and WeChat itself call: HTTP in, one use case, HTTP out."""

from typing import Any

from minipush.bootstrap import collaborators


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return collaborators().answer_collect(event, context)
