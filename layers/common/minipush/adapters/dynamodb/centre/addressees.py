"""Users whom a sender may push to, in the Centre table: a key's pointer, then what lies before the inbox of its user.

Nothing encrypted is read here: who pushes needs no address of a user.
"""

from collections.abc import Mapping, Sequence

from minipush.adapters.dynamodb.centre.keys import (
    BEFORE_INBOX,
    PREFERENCES,
    Key,
    binding_key,
    foreign_key,
    hashed,
    key,
    personal_key_key,
    pointer_key,
    user_pk,
)
from minipush.adapters.dynamodb.centre.preferences import read_dnd, read_preferences
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.domain.centre.channels import ChannelStatus
from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.message_ids import CENTRE_REF, key_ref
from minipush.domain.centre.pushes import Addressee, PushReason
from minipush.domain.centre.reminders import ChannelKind

CHANNEL = "C#"


class DynamoAddressees:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def of_binding(self, sender: Sender, key: str) -> Addressee | PushReason:
        pointer = self._pointer(key, "app")
        if pointer is None or pointer["appid"]["S"] != sender.id:
            return PushReason.UNBOUND
        return self._bound(pointer["openid"]["S"], sender, key_ref(key))

    def of_openid(self, sender: Sender, openid: str) -> Addressee | PushReason:
        """Only a confirmed binding has a ref here; one that is not has left a mark."""
        pointer = self._table.get(foreign_key(sender.id, openid))
        if "ref" not in pointer:
            return PushReason.UNCONFIRMED if pointer else PushReason.UNBOUND
        return self._bound(pointer["openid"]["S"], sender, pointer["ref"]["S"])

    def of_user(self, sender: Sender, openid: str) -> Addressee | PushReason:
        items = self._beside(openid)
        binding = items.get(f"B#{sender.id}")
        return _addressee(openid, sender, CENTRE_REF, binding, items) if binding else PushReason.UNBOUND

    def of_personal_key(self, key: str, now: int) -> Addressee | PushReason | None:
        pointer, ref = self._pointer(key, "key"), key_ref(key)
        if pointer is None:
            return None
        openid = pointer["openid"]["S"]
        items = _by_sk(self._table.get_many(_keys_beside(openid, ref)))
        item = items.get(f"K#{ref}")
        if item is None:
            return None
        if item.get("paused", {}).get("BOOL"):
            return PushReason.KEY_PAUSED
        if "expires_at" in item and int(item["expires_at"]["N"]) <= now:
            return PushReason.KEY_EXPIRED
        sender = Sender(SenderKind.KEY, ref, item["label"]["S"])
        return _addressee(openid, sender, ref, item, items)

    def is_there(self, user: Addressee) -> bool:
        sender = user.sender
        if sender.kind is SenderKind.KEY:
            return bool(self._table.get(personal_key_key(user.openid, sender.id)))
        binding = self._table.get(binding_key(user.openid, sender.id))
        return bool(binding) and user.key_ref in (CENTRE_REF, binding["ref"]["S"])

    def owner_of(self, ref: str) -> str | None:
        """The openid of who has the key with this ref."""
        pointer = self._table.get(pointer_key(ref))
        return pointer["openid"]["S"] if pointer else None

    def _pointer(self, key_: str, kind: str) -> Item | None:
        """The ref is a part of the key's hash: the whole hash decides."""
        pointer = self._table.get(pointer_key(key_ref(key_)))
        is_it = pointer and pointer["hash"]["S"] == hashed(key_) and pointer["kind"]["S"] == kind
        return pointer if is_it else None

    def _bound(self, openid: str, sender: Sender, ref: str) -> Addressee | PushReason:
        items = self._beside(openid)
        binding = items.get(f"B#{sender.id}")
        if binding is None or binding["ref"]["S"] != ref:
            return PushReason.UNBOUND
        return _addressee(openid, sender, ref, binding, items)

    def _beside(self, openid: str) -> dict[str, Item]:
        """What says how the user is reminded, and by whom."""
        return _by_sk(self._table.query(user_pk(openid), "sk < :inbox", {"inbox": BEFORE_INBOX}))


def _keys_beside(openid: str, ref: str) -> list[Key]:
    """A personal key, and what says how its user is reminded."""
    names = (PREFERENCES, f"K#{ref}", *(f"{CHANNEL}{kind.value}" for kind in ChannelKind))
    return [key(user_pk(openid), name) for name in names]


def _by_sk(items: Sequence[Item]) -> dict[str, Item]:
    return {item["sk"]["S"]: item for item in items}


def _addressee(openid: str, sender: Sender, ref: str, source: Item, items: Mapping[str, Item]) -> Addressee:
    """`source`: the binding, or the personal key."""
    preferences = read_preferences(items.get(PREFERENCES, {}))
    rules = (preferences.do_not_disturb, read_dnd(source))
    return Addressee(
        openid=openid,
        key_ref=ref,
        sender=sender,
        level=Level(source["level"]["S"]),
        channels=[kind for kind in preferences.channels if _is_verified(items, kind)],
        do_not_disturb=[rule for rule in rules if rule],
    )


def _is_verified(items: Mapping[str, Item], kind: ChannelKind) -> bool:
    channel = items.get(f"{CHANNEL}{kind.value}")
    return channel is not None and channel["status"]["S"] == ChannelStatus.VERIFIED
