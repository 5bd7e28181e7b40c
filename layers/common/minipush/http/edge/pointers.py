"""JSON pointers into a request's body (RFC 6901)."""

from collections.abc import Mapping, Sequence
from typing import Any

type Body = Mapping[str, Any]
"""The request's body as parsed JSON; empty where the request has none."""


def pointer(location: Sequence[str | int]) -> str:
    """RFC 6901. After the audience, pydantic names the union's member that it tried: that is no step."""
    if location[:1] == ("audience",):
        location = (*location[:1], *location[2:])
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def place_of_message(body: Body) -> tuple[tuple[str, ...], Body]:
    """Where the body's message is: a campaign has it inside, a direct send is one itself."""
    return (("message",), body["message"]) if "message" in body else ((), body)


def place_in_message(message: Body, path: tuple[str, ...]) -> tuple[str | int, ...]:
    """Where `path`, which leads into the message's data, is in the message as it was sent."""
    if message.get("keywords") is None:
        return ("data", *path)
    number = path[0].removeprefix("keyword") if path else ""
    return ("keywords", int(number) - 1) if number.isdecimal() else ("keywords",)
