"""The part of a body that all recipients of a message share, encoded once."""

from collections.abc import Callable

from minipush.domain.messages import Message
from minipush.wechat.messages import to_body


class SharedBody:
    """Caches the body of the last message: a campaign sends one message to everybody.

    `build` makes a message's body. Its empty fields are left out: the recipient's are added for each send.
    """

    def __init__(self, build: Callable[[Message], dict[str, object]]) -> None:
        self._build = build
        self._message: Message | None = None
        self._body = b""

    def of(self, message: Message) -> bytes:
        if message is not self._message:
            fields = self._build(message)
            self._body = to_body({name: value for name, value in fields.items() if value != ""})
            self._message = message
        return self._body
