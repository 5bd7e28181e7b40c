"""Bindings and personal keys in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minipush.application.ports.centre.bindings import BindOutcome, BoundPage
from minipush.domain.centre.bindings import MAX_BINDINGS, Binding, BoundUser, Ticket
from minipush.domain.centre.personal_keys import MAX_KEYS, PersonalKey


@dataclass
class MemoryBindings:
    kept: dict[tuple[str, str], Binding] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    # The key of the binding to which an openid in an app leads.
    led: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, openid: str, appid: str) -> Binding | None:
        return self.kept.get((openid, appid))

    def read_all(self, openid: str) -> list[Binding]:
        return [binding for (user, _), binding in sorted(self.kept.items()) if user == openid]

    def find(self, appid: str, key: str) -> BoundUser | None:
        found = (
            BoundUser(openid, one)
            for (openid, app), one in self.kept.items()
            if (app, one.key) == (appid, key)
        )
        return next(found, None)

    def add(self, openid: str, binding: Binding, ticket: Ticket | None) -> BindOutcome:
        if self._is_used(binding, ticket):
            return BindOutcome.TICKET_USED
        if (openid, binding.appid) in self.kept:
            return BindOutcome.BOUND_MEANWHILE
        if len(self.read_all(openid)) >= MAX_BINDINGS:
            return BindOutcome.TOO_MANY
        self._claim(binding)
        return self._keep(openid, binding, ticket)

    def replace(
        self,
        openid: str,
        before: Binding,
        after: Binding,
        ticket: Ticket | None = None,
        *,
        confirms: bool = False,
    ) -> BindOutcome:
        if self._is_used(after, ticket):
            return BindOutcome.TICKET_USED
        if self.kept.get((openid, after.appid)) != before:
            return BindOutcome.BOUND_MEANWHILE
        if confirms or ticket or _claim(after) != _claim(before):
            self._claim(after)
        return self._keep(openid, after, ticket)

    def _claim(self, binding: Binding) -> None:
        if binding.is_confirmed:
            self.led[binding.appid, binding.foreign_openid] = binding.key

    def _is_used(self, binding: Binding, ticket: Ticket | None) -> bool:
        return ticket is not None and (binding.appid, ticket.id) in self.used

    def _keep(self, openid: str, binding: Binding, ticket: Ticket | None) -> BindOutcome:
        self.kept[openid, binding.appid] = binding
        if ticket:
            self.used.add((binding.appid, ticket.id))
        return BindOutcome.BOUND

    def remove(self, openid: str, binding: Binding) -> None:
        found = self.kept.get((openid, binding.appid))
        if found and found.key == binding.key:
            del self.kept[openid, binding.appid]
            if self.led.get((binding.appid, binding.foreign_openid)) == binding.key:
                del self.led[binding.appid, binding.foreign_openid]

    def page(self, appid: str, start: str | None, limit: int) -> BoundPage:
        kept = [(openid, one) for (openid, app), one in sorted(self.kept.items()) if app == appid]
        users = [BoundUser(openid, self._as_it_stands(one)) for openid, one in kept]
        after = [user for user in users if start is None or f"00#{user.openid}" > start][:limit]
        return BoundPage(after, f"00#{after[-1].openid}" if len(after) == limit else None)

    def _as_it_stands(self, binding: Binding) -> Binding:
        is_its = self.led.get((binding.appid, binding.foreign_openid)) == binding.key
        return replace(binding, is_confirmed=binding.is_confirmed and is_its)


def _claim(binding: Binding) -> tuple[str, bool]:
    return binding.foreign_openid, binding.is_confirmed


@dataclass
class MemoryPersonalKeys:
    kept: dict[tuple[str, str], PersonalKey] = field(default_factory=dict)

    def read_all(self, openid: str) -> list[PersonalKey]:
        return [key for (user, _), key in self.kept.items() if user == openid]

    def add(self, openid: str, key: PersonalKey) -> bool:
        if len(self.read_all(openid)) >= MAX_KEYS:
            return False
        self.kept[openid, key.ref] = key
        return True

    def change(self, openid: str, ref: str, changes: Mapping[str, Any]) -> PersonalKey | None:
        if (openid, ref) not in self.kept:
            return None
        self.kept[openid, ref] = replace(self.kept[openid, ref], **changes)
        return self.kept[openid, ref]

    def remove(self, openid: str, ref: str) -> bool:
        return self.kept.pop((openid, ref), None) is not None
