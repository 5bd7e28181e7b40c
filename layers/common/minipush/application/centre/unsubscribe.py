"""Links in mails by which a reader mutes a sender, without a session: what they name is signed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from minipush.domain.centre.inbox import InboxMessage, SenderKind

MAC_BYTES: Final = 16
# Codes and links are made under one key: this keeps them apart.
PURPOSE: Final = b"unsubscribe\n"

type MuteSender = Callable[[str, SenderKind, str], None]
"""Takes the user's openid, and the sender's kind and id. Does nothing if the user has no such sender any more."""
type ReadToken = Callable[[str], tuple[str, SenderKind, str] | None]
"""See UnsubscribeTokens.read. Raises StoreError."""


class UnsubscribeTokens:
    """Without an end: who finds an old mail may still mute its sender. `key` raises StoreError."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def make(self, message: InboxMessage) -> str | None:
        """None for a message of the centre itself, which nobody mutes."""
        sender = message.sender
        if sender.kind is SenderKind.CENTRE:
            return None
        named = json.dumps([message.openid, sender.kind, sender.id], separators=(",", ":")).encode()
        return _encoded(self._mac(named) + named)

    def read(self, token: str) -> tuple[str, SenderKind, str] | None:
        """The user's openid, and the sender's kind and id. None for a token that was not made here."""
        raw = _decoded(token)
        mac, named = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(named)):
            return None
        openid, kind, id_ = json.loads(named)
        return openid, SenderKind(kind), id_

    def _mac(self, named: bytes) -> bytes:
        return hmac.new(self._key(), PURPOSE + named, hashlib.sha256).digest()[:MAC_BYTES]


@dataclass(frozen=True, slots=True)
class UnsubscribeLinks:
    """`api_url`: without a slash at its end; empty where nobody knows it."""

    api_url: str
    tokens: UnsubscribeTokens

    def __call__(self, message: InboxMessage) -> str | None:
        """None for a message whose sender nobody can mute."""
        token = self.tokens.make(message) if self.api_url else None
        return f"{self.api_url}/centre/unsubscribe?token={token}" if token else None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    tokens: UnsubscribeTokens
    mute: MuteSender

    def __call__(self, token: str) -> bool:
        """Mute the sender whom the token names. False for a token that was not made here. Raises StoreError."""
        named = self.tokens.read(token)
        if named:
            self.mute(*named)
        return named is not None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(token: str) -> bytes:
    """Empty for what is no base64."""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
