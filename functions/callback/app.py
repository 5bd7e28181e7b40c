"""WeChat's callback: the events that WeChat pushes."""

from typing import Any

from minipush.container import container


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return container().wechat_callback(event, context)
