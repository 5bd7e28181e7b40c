"""What Bark's and ServerChan's fields mean as a push."""

import re
from collections.abc import Mapping
from typing import Final

from minipush.domain.centre.inbox import KEPT_MS, Content, Level
from minipush.domain.centre.pushes import REMINDED_MS, Push

# Of all texts together, as an APNs notification has it.
MOST_BYTES: Final = 4_096
MOST_REF: Final = 255
EMPTY: Final = "Empty Message"
_NUMBER = re.compile(r"[0-9]{1,9}")


class TooLongPushError(Exception):
    """The texts are too long."""


def push_of_bark(fields: Mapping[str, str]) -> Push:
    """`level`: passive makes a weak message, any other one is the user's. `ttl`: seconds until the message is deleted.

    Bark's other fields concern its app, and are ignored. Raises TooLongPushError.
    """
    body = "\n".join(filter(None, (fields.get("subtitle"), fields.get("body"))))
    markdown = fields.get("markdown")
    title = fields.get("title", "")
    content = Content(
        title=title,
        body=body or ("" if title or markdown else EMPTY),
        markdown=markdown,
        url=fields.get("url"),
        copy=fields.get("copy"),
        group=fields.get("group"),
    )
    level = Level.WEAK if fields.get("level", "").lower() == "passive" else None
    kept = _seconds(fields.get("ttl", ""))
    return Push(
        content=_checked(content),
        level=level,
        ref=ref_of(fields),
        reminded_ms=min(REMINDED_MS, kept or REMINDED_MS),
        kept_ms=kept,
    )


def ref_of(fields: Mapping[str, str]) -> str | None:
    """The sender's own id of the message."""
    return fields.get("id", "")[:MOST_REF] or None


def push_of_server_chan(fields: Mapping[str, str]) -> Push | None:
    """`desp` is Markdown. None for an empty message. Raises TooLongPushError."""
    title, text = fields.get("title") or fields.get("text") or "", fields.get("desp", "")
    if not title and not text:
        return None
    short = fields.get("short", "")
    # Without a short text, the Markdown is what every channel shows.
    content = Content(
        title=title, body=short or text, markdown=text or None, group=fields.get("tags") or None
    )
    return Push(content=_checked(content))


def _checked(content: Content) -> Content:
    texts = (content.title, content.body, content.url, content.copy, content.group)
    longest = max(len((content.markdown or "").encode()), len(content.body.encode()))
    others = sum(len((text or "").encode()) for text in texts) - len(content.body.encode())
    if longest + others > MOST_BYTES:
        raise TooLongPushError
    return content


def _seconds(text: str) -> int | None:
    """Milliseconds; None for what is no number of seconds."""
    return min(int(text) * 1000, KEPT_MS) or None if _NUMBER.fullmatch(text) else None
