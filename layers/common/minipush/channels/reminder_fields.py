"""The fields of reminders inside WeChat: the sender's name in thing1, and the time in time2. The wording is the template's."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from minipush.domain.emoji import without_emoji
from minipush.domain.fields import utf16_length

NAME_KEY: Final = "thing1"
TIME_KEY: Final = "time2"
# A thing has 20 UTF-16 units at most. See minipush.domain.fields.
_LONGEST: Final = 20
# A template's time has no zone, and users of WeChat's accounts live by China's, which has no summer time.
_CHINA: Final = timezone(timedelta(hours=8))


def reminder_fields(sender: str, at: int, *, shows_emoji: bool = True) -> dict[str, dict[str, str]]:
    """`at`: in ms. Without `shows_emoji`, the sender's name is told without them."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(_CHINA)
    time = f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    name = sender if shows_emoji else without_emoji(sender)
    return {NAME_KEY: {"value": _shortened(name)}, TIME_KEY: {"value": time}}


def _shortened(name: str) -> str:
    """Without control characters; a name that is too long ends in an ellipsis, and an empty one is a dash."""
    text = " ".join("".join(char if char.isprintable() else " " for char in name).split()) or "-"
    if utf16_length(text) <= _LONGEST:
        return text
    while utf16_length(text) > _LONGEST - 1:
        text = text[:-1]
    return text + "…"
