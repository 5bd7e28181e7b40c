"""Users whom a sender may push to, in memory."""

from dataclasses import dataclass, field, replace

from minipush.domain.centre.inbox import Sender
from minipush.domain.centre.message_ids import CENTRE_REF
from minipush.domain.centre.pushes import Addressee, PushReason


@dataclass
class MemoryAddressees:
    """`bindings`: by appid and binding key; `openids`: by appid and the app's openid; `keys`: by personal key."""

    bindings: dict[tuple[str, str], Addressee | PushReason] = field(default_factory=dict)
    openids: dict[tuple[str, str], Addressee | PushReason] = field(default_factory=dict)
    keys: dict[str, Addressee | PushReason] = field(default_factory=dict)

    def of_binding(self, sender: Sender, key: str) -> Addressee | PushReason:
        return self.bindings.get((sender.id, key), PushReason.UNBOUND)

    def of_openid(self, sender: Sender, openid: str) -> Addressee | PushReason:
        return self.openids.get((sender.id, openid), PushReason.UNBOUND)

    def of_user(self, sender: Sender, openid: str) -> Addressee | PushReason:
        found = (
            user
            for (appid, _), user in self.bindings.items()
            if isinstance(user, Addressee) and (appid, user.openid) == (sender.id, openid)
        )
        user = next(found, None)
        return replace(user, key_ref=CENTRE_REF) if user else PushReason.UNBOUND

    def of_personal_key(self, key: str, now: int) -> Addressee | PushReason | None:
        return self.keys.get(key)

    def is_there(self, user: Addressee) -> bool:
        return self.owner_of(user.key_ref) == user.openid or user.key_ref == CENTRE_REF

    def owner_of(self, ref: str) -> str | None:
        known = [user for found in (self.bindings, self.openids, self.keys) for user in found.values()]
        return next(
            (user.openid for user in known if isinstance(user, Addressee) and user.key_ref == ref), None
        )
