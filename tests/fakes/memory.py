"""Everything the use cases need from a store, in memory. It passes the contract suite of the real one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minipush.domain.permits import Claim, Kind, Permit
from minipush.domain.pool import PoolMeasure
from minipush.domain.users import Settings, User
from minipush.usecases.ports import Sweep

PAGE = 3


def identity(permit: Permit) -> tuple[str, str, str, int]:
    return (permit.kind.value, permit.template_id or "", permit.id, permit.use)


@dataclass(slots=True)
class MemoryStore:
    permits: dict[str, dict[tuple[str, str, str, int], Permit]] = field(default_factory=dict)
    settings: dict[str, Settings] = field(default_factory=dict)
    place: Sweep | None = None
    measure: PoolMeasure | None = None

    # ---- UserStore

    def read(self, openid: str) -> User:
        permits = tuple(self.permits.get(openid, {}).values())
        return User(openid, self.settings.get(openid, Settings()), permits)

    def read_many(self, openids: Iterable[str]) -> dict[str, User]:
        return {openid: self.read(openid) for openid in openids}

    def add(self, openid: str, permits: list[Permit]) -> list[bool]:
        mine = self.permits.setdefault(openid, {})
        new = []
        for permit in permits:
            new.append(identity(permit) not in mine)
            mine.setdefault(identity(permit), permit)
        return new

    def see(self, openid: str, unionid: str | None, now: int) -> None:
        self.settings.setdefault(openid, Settings())

    def change(self, openid: str, settings: Mapping[str, Any]) -> Settings:
        changed = replace(self.settings.get(openid, Settings()), **settings)
        self.settings[openid] = changed
        return changed

    # ---- Ledger

    async def claim(self, openid: str, permit: Permit, delivery: str, now: int) -> bool:
        if permit.kind is Kind.LONG:
            marker = Permit(Kind.LONG, delivery, claim=Claim(delivery, now))
            kept = self.permits.setdefault(openid, {}).setdefault(identity(marker), marker)
            return kept.claim is not None and kept.claim.dead is None
        there = self.permits.get(openid, {}).get(identity(permit))
        if there is None:
            return False
        if there.claim is None:
            self._put(openid, replace(there, claim=Claim(delivery, now)))
            return True
        return there.claim.delivery == delivery and there.claim.dead is None

    async def give_back(self, openid: str, permit: Permit, delivery: str) -> None:
        there = self._claimed(openid, permit, delivery)
        if there and permit.kind is Kind.LONG:
            del self.permits[openid][identity(there)]
        elif there:
            self._put(openid, replace(there, claim=None))

    async def bury(self, openid: str, permit: Permit, delivery: str, errcode: int) -> None:
        there = self._claimed(openid, permit, delivery)
        if there and there.claim:
            self._put(openid, replace(there, claim=replace(there.claim, dead=errcode)))

    def _claimed(self, openid: str, permit: Permit, delivery: str) -> Permit | None:
        held = Permit(Kind.LONG, delivery) if permit.kind is Kind.LONG else permit
        there = self.permits.get(openid, {}).get(identity(held))
        return there if there and there.claim and there.claim.delivery == delivery else None

    def _put(self, openid: str, permit: Permit) -> None:
        self.permits[openid][identity(permit)] = permit

    # ---- SweepStore

    def resume(self) -> Sweep | None:
        if self.place is None or self.place.finished:
            return None
        return replace(self.place, measure=replace(self.place.measure))

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, Permit]], Mapping[str, Any] | None]:
        everything = sorted(
            ((openid, permit) for openid, mine in self.permits.items() for permit in mine.values()),
            key=lambda entry: (entry[0], identity(entry[1])),
        )
        after = tuple(cursor["after"]) if cursor else ("",)
        rest = [entry for entry in everything if (entry[0], *identity(entry[1])) > after]
        page = rest[:PAGE]
        more = len(rest) > PAGE
        return page, {"after": [page[-1][0], *identity(page[-1][1])]} if more else None

    def remove(self, permits: list[tuple[str, Permit]], expired_by: int) -> int:
        removed = 0
        for openid, permit in permits:
            there = self.permits.get(openid, {}).get(identity(permit))
            if there and there.is_expired(expired_by):
                del self.permits[openid][identity(permit)]
                removed += 1
        return removed

    def save(self, sweep: Sweep) -> bool:
        before, sweep.version = sweep.version, sweep.version + 1
        if self.place and not self.place.finished and self.place.version != before:
            return False
        self.place = replace(sweep, measure=replace(sweep.measure))
        return True

    def publish(self, sweep: Sweep) -> None:
        self.measure = replace(sweep.measure)

    def pool(self) -> PoolMeasure | None:
        return self.measure
