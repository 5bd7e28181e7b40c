"""Keep the permits that a user gave, and remember what they refused."""

from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.application.prompts.record_refusals import record_refusals
from minipush.domain.permits import Permit
from minipush.domain.template_refusals import Answer, SubscriptionAnswer, refusal_of
from minipush.domain.users import User
from minipush.errors import PermitRejectedError, PermitRejection, SubscriptionNotAcceptedError

type Offer = tuple[str, Callable[[int], list[Permit]]]
"""A JSON pointer to the entry, and what makes its permits at an instant (or raises PermitRejectedError)."""


@dataclass(slots=True)
class CollectResult:
    stored: int = 0
    rejected: list[tuple[str, PermitRejection]] = field(default_factory=list)


@dataclass(slots=True)
class _Entry:
    """What a user gave, or `no` where they refused."""

    pointer: str
    permits: list[Permit] = field(default_factory=list)
    no: SubscriptionAnswer | None = None


class CollectPermits:
    """`subscriptions`: whether they are counted here; where they aren't, they are checked, but not stored.

    What was refused is remembered either way.
    """

    def __init__(
        self, users: UserStore, clock: Clock, permits_per_user: int, *, subscriptions: bool = True
    ) -> None:
        self._subscriptions = subscriptions
        self._users = users
        self._clock = clock
        self._permits_per_user = permits_per_user

    def __call__(self, openid: str, offers: list[Offer]) -> CollectResult:
        """Store what is new; an entry that was stored before, spent or not, counts neither way."""
        now = self._clock()
        collected = CollectResult()
        entries = [entry for entry in _entries(offers, now, collected) if self._counts(entry.permits)]
        if entries:
            user = self._users.read(openid)
            # First: a repeat finds the permits stored, and what is stored clears nothing.
            record_refusals(self._users, user, _answers(entries, user), now)
            fitting = self._fitting(user, entries, now, collected)
            collected.stored = self._store(openid, fitting)
        return collected

    def _counts(self, permits: list[Permit]) -> bool:
        return self._subscriptions or all(permit.template_id is None for permit in permits)

    def _fitting(
        self, user: User, entries: list[_Entry], now: int, collected: CollectResult
    ) -> list[list[Permit]]:
        known = {_identity(permit) for permit in user.permits}
        room = self._permits_per_user - len(user.live(now))
        fitting = []
        for entry in entries:
            new = [permit for permit in entry.permits if _identity(permit) not in known]
            if new and len(new) > room:
                collected.rejected.append((entry.pointer, PermitRejection.TOO_MANY))
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


def _entries(offers: list[Offer], now: int, collected: CollectResult) -> list[_Entry]:
    entries = []
    for pointer, make in offers:
        try:
            entries.append(_Entry(pointer, make(now)))
        except PermitRejectedError as error:
            collected.rejected.append((pointer, error.rejection))
            if no := _no(error):
                entries.append(_Entry(pointer, no=no))
    return entries


def _no(error: PermitRejectedError) -> SubscriptionAnswer | None:
    if isinstance(error, SubscriptionNotAcceptedError):
        return refusal_of(error.id, error.template_id, error.result)
    return None


def _answers(entries: list[_Entry], user: User) -> list[SubscriptionAnswer]:
    """In their order. An accept that was stored before is none of now."""
    known = {_identity(permit) for permit in user.permits}
    answers: list[SubscriptionAnswer] = []
    for entry in entries:
        new = (permit for permit in entry.permits if _identity(permit) not in known)
        answers += [
            SubscriptionAnswer(permit.template_id, Answer.ACCEPT) for permit in new if permit.template_id
        ]
        answers += [entry.no] if entry.no else []
    return answers


def _identity(permit: Permit) -> tuple[str, str, str | None, int]:
    return (permit.kind.name, permit.id, permit.template_id, permit.use)
