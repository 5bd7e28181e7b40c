"""The API of the message centre, for users, apps and operators."""

from typing import Any

from minipush.container.message_centre import message_centre

UNSUBSCRIBE = "/centre/unsubscribe"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    m = message_centre()
    if event.get("rawPath", "").endswith(UNSUBSCRIBE):
        return m.unsubscribe_page(event, context)
    return m.service(event, context)
