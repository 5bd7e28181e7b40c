"""The messages that WeChat accepted, to reconcile with a sender's own counts."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from local.simulator.account.templates import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`permit`: the kind of the spent permit: form, pay, once or long; follow for the official account, whose messages have `url`, `miniprogram` and `client_msg_id`, and an `openid` of its own. `at`: simulated seconds since the epoch.

    `undelivered`: the ErrorCode of a message that WeChat accepted but could not deliver.
    """

    openid: str
    template_id: str
    kind: MessageKind
    permit: str
    at: float
    page: str | None
    data: Any
    form_id: str | None = None
    msgid: int | None = None
    undelivered: int | None = None
    url: str | None = None
    miniprogram: dict[str, Any] | None = None
    client_msg_id: str | None = None


class Ledger:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.by_kind: Counter[str] = Counter()
        self.by_openid: Counter[str] = Counter()
        self.max_to_one_user = 0
        self.undelivered = 0
        self.repeats = 0
        self.requests: Counter[str] = Counter()
        self.errcodes: Counter[int] = Counter()

    def record(self, message: Message) -> None:
        self.messages.append(message)
        self.by_kind[message.kind] += 1
        self.undelivered += message.undelivered is not None
        self.by_openid[message.openid] += 1
        self.max_to_one_user = max(self.max_to_one_user, self.by_openid[message.openid])

    def page(self, limit: int, cursor: int, openid: str | None = None) -> dict[str, Any]:
        """At most `limit` messages from `cursor` on, in the order of sending. `next_cursor` is None on the last page."""
        found: list[dict[str, Any]] = []
        position = cursor
        while position < len(self.messages) and len(found) < limit:
            message = self.messages[position]
            position += 1
            if openid in (None, message.openid):
                found.append(asdict(message))
        return {"messages": found, "next_cursor": position if position < len(self.messages) else None}

    def counts(self) -> dict[str, Any]:
        return {
            "taken": len(self.messages),
            "by_kind": dict(self.by_kind),
            "users_reached": len(self.by_openid),
            "max_to_one_user": self.max_to_one_user,
            "undelivered": self.undelivered,
            "repeats": self.repeats,
        }
