"""Deletes what the Centre table holds of a user.

An item goes after what it names elsewhere, so that a deletion that was interrupted finds the rest again.
"""

from collections.abc import Iterator
from typing import Final

from minipush.adapters.dynamodb.centre.bindings import IS_ITS
from minipush.adapters.dynamodb.centre.keys import Key, bound_key, foreign_key, key, pointer_key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.centre.erasure import IsOver

BINDING: Final = "B#"
PERSONAL_KEY: Final = "K#"
# All items: every sk sorts behind it.
FIRST: Final = " "
PAGE: Final = 100


class DynamoErasure:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def erase(self, openid: str, is_over: IsOver) -> bool:
        return all(self._erase(openid, prefix, is_over) for prefix in (BINDING, PERSONAL_KEY, FIRST))

    def _erase(self, openid: str, prefix: str, is_over: IsOver) -> bool:
        while items := self._page(openid, prefix):
            if is_over():
                return False
            for item in items:
                self._forget_openid(item)
            self._table.delete_each([named for item in items for named in _named_elsewhere(openid, item)])
            self._table.delete_each([key(user_pk(openid), item["sk"]["S"]) for item in items])
        return True

    def _forget_openid(self, item: Item) -> None:
        """Unless another binding has the app's openid: anybody can name another's."""
        if "foreign" not in item:
            return
        where = foreign_key(item["sk"]["S"].removeprefix(BINDING), item["foreign"]["S"])
        is_its = update(IS_ITS, {"ref": item["ref"]}, {})
        self._table.transact(("Delete", {"Key": where, **is_its}))

    def _page(self, openid: str, prefix: str) -> list[Item]:
        condition = "sk > :prefix" if prefix == FIRST else "begins_with(sk, :prefix)"
        return self._table.query(user_pk(openid), condition, {"prefix": prefix}, Limit=PAGE)


def _named_elsewhere(openid: str, item: Item) -> Iterator[Key]:
    kind, _, name = item["sk"]["S"].partition("#")
    if f"{kind}#" == PERSONAL_KEY:
        yield pointer_key(name)
    elif f"{kind}#" == BINDING:
        yield pointer_key(item["ref"]["S"])
        yield bound_key(name, openid)
