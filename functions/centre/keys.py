"""Pushes by a personal key."""

from typing import Any

from minipush.container.message_centre import message_centre


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return message_centre().push_by_key(event, context)
