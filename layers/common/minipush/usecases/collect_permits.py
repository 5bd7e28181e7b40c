"""Keep the permits that a user gave."""

from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.domain.permits import Permit, Refusal, RefusedError
from minipush.usecases.ports import Clock, UserStore

type Offer = tuple[str, Callable[[int], list[Permit]]]
"""A JSON pointer to the entry, and what makes its permits at an instant (or raises RefusedError)."""


@dataclass(slots=True)
class Collected:
    stored: int = 0
    rejected: list[tuple[str, Refusal]] = field(default_factory=list)


class CollectPermits:
    """`subscriptions`: whether they are counted here; where they aren't, they are checked, but not stored."""

    def __init__(
        self, users: UserStore, clock: Clock, permits_per_user: int, *, subscriptions: bool = True
    ) -> None:
        self._subscriptions = subscriptions
        self._users = users
        self._clock = clock
        self._permits_per_user = permits_per_user

    def __call__(self, openid: str, offers: list[Offer]) -> Collected:
        """Store what is new; an entry that was stored before, spent or not, counts neither way."""
        now = self._clock()
        collected = Collected()
        good = [offer for offer in _good_ones(offers, now, collected) if self._counts(offer[1])]
        if good:
            fitting = self._fitting(openid, good, now, collected)
            collected.stored = self._store(openid, fitting)
        return collected

    def _counts(self, permits: list[Permit]) -> bool:
        return self._subscriptions or all(permit.template_id is None for permit in permits)

    def _fitting(
        self, openid: str, offers: list[tuple[str, list[Permit]]], now: int, collected: Collected
    ) -> list[list[Permit]]:
        user = self._users.read(openid)
        known = {_identity(permit) for permit in user.permits}
        room = self._permits_per_user - len(user.live(now))
        fitting = []
        for pointer, permits in offers:
            new = [permit for permit in permits if _identity(permit) not in known]
            if new and len(new) > room:
                collected.rejected.append((pointer, Refusal.TOO_MANY))
                continue
            room -= len(new)
            known.update(map(_identity, new))
            fitting.append(new)
        return fitting

    def _store(self, openid: str, entries: list[list[Permit]]) -> int:
        permits = [permit for entry in entries for permit in entry]
        new = self._users.add(openid, permits) if permits else []
        stored = {_identity(permit) for permit, is_new in zip(permits, new, strict=True) if is_new}
        return sum(any(_identity(permit) in stored for permit in entry) for entry in entries)


def _good_ones(offers: list[Offer], now: int, collected: Collected) -> list[tuple[str, list[Permit]]]:
    good = []
    for pointer, make in offers:
        try:
            good.append((pointer, make(now)))
        except RefusedError as error:
            collected.rejected.append((pointer, error.refusal))
    return good


def _identity(permit: Permit) -> tuple[str, str, str | None, int]:
    return (permit.kind, permit.id, permit.template_id, permit.use)
