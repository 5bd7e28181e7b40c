"""A user changes what an app may do, or ends the binding."""

from dataclasses import replace
from typing import Any

from minipush.application.ports.centre.bindings import BindingStore, BindOutcome
from minipush.domain.centre.bindings import Binding
from minipush.domain.centre.errors import UnknownBindingError
from minipush.errors import StoreError

TRIES = 3


class ChangeBinding:
    """Every method raises UnknownBindingError, StoreError."""

    def __init__(self, bindings: BindingStore) -> None:
        self._bindings = bindings

    def __call__(self, openid: str, key: str, changes: dict[str, Any]) -> Binding:
        """`changes`: `level` and `do_not_disturb`."""
        for _ in range(TRIES):
            before = self._own(openid, key)
            after = replace(before, **changes)
            if after == before or self._bindings.replace(openid, before, after) is BindOutcome.BOUND:
                return after
        raise StoreError

    def end(self, openid: str, key: str) -> None:
        self._bindings.remove(openid, self._own(openid, key))

    def _own(self, openid: str, key: str) -> Binding:
        found = next((one for one in self._bindings.read_all(openid) if one.key == key), None)
        if found is None:
            raise UnknownBindingError
        return found
