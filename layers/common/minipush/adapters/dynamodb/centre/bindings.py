"""Bindings in the Centre table.

    attribute    of the item B#<appid>
    key, ref     the binding's key
    level        strong, weak, none
    dnd          do not disturb: until when (ms), or 0 for good
    foreign      the user's openid in the app
    confirmed    whether the app has said so
    at           ms

A binding is this item, a pointer from its key, an entry in the app's list, and once it is confirmed a pointer from the
foreign openid. Before, only a mark is there, of who claimed the openid last. The item decides: what points to a binding that is gone, or to another key, counts for nothing. The
item !centre counts the user's bindings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minipush.adapters.dynamodb.centre.keys import (
    PREFERENCES,
    SHARDS,
    Key,
    binding_key,
    bound_key,
    bound_pk,
    foreign_key,
    hashed,
    key,
    pointer_key,
    ticket_key,
    user_pk,
)
from minipush.adapters.dynamodb.centre.preferences import dnd_value, read_dnd
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.centre.bindings import BindOutcome, BoundPage
from minipush.domain.centre.bindings import MAX_BINDINGS, Binding, BoundUser, Ticket
from minipush.domain.centre.inbox import Level
from minipush.domain.centre.message_ids import key_ref

type Write = tuple[str, Mapping[str, Any]]

COUNT = "bindings"
_NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
# Of what a foreign openid leads to: this binding has it, or was the last that claimed it.
IS_ITS = "#ref = :ref OR (attribute_not_exists(#ref) AND #claimed = :ref)"
# The places of two writes in every transaction.
_ITEM, _TICKET = 0, 1


class DynamoBindings:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def read(self, openid: str, appid: str) -> Binding | None:
        item = self._table.get(binding_key(openid, appid))
        return read_binding(item) if item else None

    def read_all(self, openid: str) -> list[Binding]:
        items = self._table.query(user_pk(openid), "begins_with(sk, :prefix)", {"prefix": "B#"})
        return [read_binding(item) for item in items]

    def find(self, appid: str, key: str) -> BoundUser | None:
        pointer = self._table.get(pointer_key(key_ref(key)))
        if not pointer or pointer.get("appid") != {"S": appid} or pointer["hash"]["S"] != hashed(key):
            return None
        openid = str(pointer["openid"]["S"])
        binding = self.read(openid, appid)
        return BoundUser(openid, binding) if binding and binding.key == key else None

    def add(self, openid: str, binding: Binding, ticket: Ticket | None) -> BindOutcome:
        first: Write = "Put", {"Item": _item(openid, binding), **_NEW}
        others = [
            ("Put", {"Item": _pointer(openid, binding)}),
            ("Put", {"Item": bound_key(binding.appid, openid)}),
            *_confirmed(openid, binding),
        ]
        writes = [first, *_used(binding.appid, ticket), _counted(openid, 1), *others]
        return _outcome(self._table.transact(*writes), ticket)

    def replace(
        self,
        openid: str,
        before: Binding,
        after: Binding,
        ticket: Ticket | None = None,
        *,
        confirms: bool = False,
    ) -> BindOutcome:
        first: Write = "Put", {"Item": _item(openid, after), **_unchanged(before)}
        is_claim = confirms or ticket or _claim(after) != _claim(before)
        writes = [first, *_used(after.appid, ticket), *(_confirmed(openid, after) if is_claim else ())]
        is_left = after.foreign_openid != before.foreign_openid
        failed = self._leave_openid(before, *writes) if is_left else self._table.transact(*writes)
        return _outcome(failed, ticket)

    def remove(self, openid: str, binding: Binding) -> None:
        """Nothing happens if it is gone, or another one is in its place."""
        is_it = update("#key = :key", {"key": {"S": binding.key}}, {})
        self._leave_openid(
            binding,
            ("Delete", {"Key": binding_key(openid, binding.appid), **is_it}),
            ("Delete", {"Key": pointer_key(binding.ref)}),
            ("Delete", {"Key": bound_key(binding.appid, openid)}),
            _counted(openid, -1),
        )

    def _leave_openid(self, binding: Binding, *writes: Write) -> list[int]:
        """Write, and end that the foreign openid leads to this binding: both or neither.

        Nothing finds such a pointer once the binding is gone. If another binding has the openid by now, it keeps it.
        """
        is_its = update(f"attribute_not_exists(pk) OR {IS_ITS}", {"ref": {"S": binding.ref}}, {})
        failed = self._table.transact(*writes, ("Delete", {"Key": _foreign(binding), **is_its}))
        return self._table.transact(*writes) if failed == [len(writes)] else failed

    def page(self, appid: str, start: str | None, limit: int) -> BoundPage:
        shard, after = _position(start)
        openids: list[str] = []
        for number in range(shard, SHARDS):
            listed = self._table.query(
                bound_pk(appid, number), "sk > :after", {"after": after}, Limit=limit - len(openids)
            )
            openids += [item["sk"]["S"] for item in listed]
            if len(openids) == limit:
                return BoundPage(self._users(appid, openids), f"{number:02}#{openids[-1]}")
            after = FIRST
        return BoundPage(self._users(appid, openids), None)

    def _users(self, appid: str, openids: list[str]) -> list[BoundUser]:
        items = self._table.get_many([binding_key(openid, appid) for openid in openids])
        found = {item["pk"]["S"]: read_binding(item) for item in items}
        users = [BoundUser(openid, found[user_pk(openid)]) for openid in openids if user_pk(openid) in found]
        return self._as_they_stand(users)

    def _as_they_stand(self, users: Sequence[BoundUser]) -> list[BoundUser]:
        """The item of a binding whose openid another one has taken still says that it is confirmed."""
        claims = {user.binding.ref: _foreign(user.binding) for user in users if user.binding.is_confirmed}
        items = self._table.get_many(list({where["pk"]["S"]: where for where in claims.values()}.values()))
        led = {item["pk"]["S"]: item.get("ref", {}).get("S") for item in items}
        lost = {ref for ref, where in claims.items() if led.get(where["pk"]["S"]) != ref}
        return [_unconfirmed(user) if user.binding.ref in lost else user for user in users]


# Before every openid: a sort key must not be empty.
FIRST = "\0"


def _position(start: str | None) -> tuple[int, str]:
    if start is None:
        return 0, FIRST
    shard, _, openid = start.partition("#")
    return int(shard), openid


def read_binding(item: Mapping[str, Any]) -> Binding:
    return Binding(
        appid=item["sk"]["S"].removeprefix("B#"),
        key=item["key"]["S"],
        level=Level(item["level"]["S"]),
        foreign_openid=item["foreign"]["S"],
        is_confirmed=item["confirmed"]["BOOL"],
        at=int(item["at"]["N"]),
        do_not_disturb=read_dnd(item),
    )


def _item(openid: str, binding: Binding) -> Item:
    quiet = dnd_value(binding.do_not_disturb)
    return {
        **binding_key(openid, binding.appid),
        "key": {"S": binding.key},
        "ref": {"S": binding.ref},
        "level": {"S": binding.level.value},
        "foreign": {"S": binding.foreign_openid},
        "confirmed": {"BOOL": binding.is_confirmed},
        "at": {"N": str(binding.at)},
        **({"dnd": quiet} if quiet else {}),
    }


def _unchanged(before: Binding) -> dict[str, Any]:
    """The condition of a change: nobody else has changed the binding since it was read."""
    quiet = dnd_value(before.do_not_disturb)
    compared: dict[str, Any] = {
        "key": {"S": before.key},
        "level": {"S": before.level.value},
        "foreign": {"S": before.foreign_openid},
        "confirmed": {"BOOL": before.is_confirmed},
        **({"dnd": quiet} if quiet else {}),
    }
    condition = " AND ".join(f"#{name} = :{name}" for name in compared)
    return update(condition if quiet else f"{condition} AND attribute_not_exists(#dnd)", compared, {})


def _pointer(openid: str, binding: Binding) -> Item:
    return {
        **pointer_key(binding.ref),
        "hash": {"S": hashed(binding.key)},
        "kind": {"S": "app"},
        "openid": {"S": openid},
        "appid": {"S": binding.appid},
    }


def _foreign(binding: Binding) -> Key:
    return foreign_key(binding.appid, binding.foreign_openid)


def _unconfirmed(user: BoundUser) -> BoundUser:
    return replace(user, binding=replace(user.binding, is_confirmed=False))


def _claim(binding: Binding) -> tuple[str, bool]:
    """A change of anything else must not take the openid back from another user who has it by now."""
    return binding.foreign_openid, binding.is_confirmed


def _confirmed(openid: str, binding: Binding) -> Iterator[Write]:
    """Of a binding that is not confirmed, a mark tells that somebody claims the openid. It leads to nobody."""
    where = _foreign(binding)
    if binding.is_confirmed:
        yield "Put", {"Item": {**where, "openid": {"S": openid}, "ref": {"S": binding.ref}}}
    else:
        yield "Update", {"Key": where, **update("", {}, {"claimed": {"S": binding.ref}})}


def _used(appid: str, ticket: Ticket | None) -> Iterator[Write]:
    if ticket:
        kept_until = {"N": str(ttl_seconds(ticket.expires_at))}
        yield "Put", {"Item": {**ticket_key(appid, ticket.id), "ttl": kept_until}, **_NEW}


def _counted(openid: str, change: int) -> Write:
    room = f"attribute_not_exists(#{COUNT}) OR #{COUNT} < :most" if change > 0 else ""
    compared = {"most": {"N": str(MAX_BINDINGS)}} if change > 0 else {}
    return "Update", {
        "Key": key(user_pk(openid), PREFERENCES),
        **update(room, compared, {}, added={COUNT: change}),
    }


def _outcome(failed: list[int], ticket: Ticket | None) -> BindOutcome:
    """A used ticket tells more than that another binding is there."""
    if ticket and _TICKET in failed:
        return BindOutcome.TICKET_USED
    if _ITEM in failed:
        return BindOutcome.BOUND_MEANWHILE
    return BindOutcome.TOO_MANY if failed else BindOutcome.BOUND
