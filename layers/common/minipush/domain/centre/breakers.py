"""Circuit breakers: each stands before one host of one kind of channel, for all workers together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

SLOT_MS: Final = 10_000
WINDOW_SLOTS: Final = 6
# It opens when more than half of so many tries within the window got no answer, or "not now".
LEAST_TRIES: Final = 20
FIRST_PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 600_000
PROBE_MS: Final = 30_000
# Further hosts of a kind take the place of those that were quiet for longest.
MOST_HOSTS: Final = 50


@dataclass(frozen=True, slots=True)
class TryCounts:
    """`bad`: tries that the provider did not answer, or for which it was not available. Dead addresses don't count."""

    tries: int = 0
    bad: int = 0

    def __add__(self, other: "TryCounts") -> "TryCounts":
        return TryCounts(self.tries + other.tries, self.bad + other.bad)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`slots`: tallies by the number of ten seconds since the epoch. `open_until` (ms): 0 while it is closed.

    While it is open, `slots` are for those who look. A breaker that closes begins without them.
    `opened`: how often in a row. `probe_until` (ms): until then one worker tries whether the host is back.
    """

    slots: Mapping[int, TryCounts] = field(default_factory=dict)
    open_until: int = 0
    opened: int = 0
    probe_until: int = 0

    @property
    def is_closed(self) -> bool:
        return self.open_until == 0

    def is_open(self, now: int) -> bool:
        return now < self.open_until or now < self.probe_until

    def recent(self, now: int) -> TryCounts:
        oldest = now // SLOT_MS - WINDOW_SLOTS
        return sum((tally for slot, tally in self.slots.items() if slot > oldest), TryCounts())

    def with_probe(self, now: int) -> "Breaker":
        """For the one worker that tries a host whose pause is over."""
        return replace(self, probe_until=now + PROBE_MS)

    def noted(self, tally: TryCounts, now: int) -> "Breaker":
        slots = self._slots_with(tally, now)
        if not self.is_closed:
            return self._after_probe(tally, now, slots)
        recent = sum(slots.values(), TryCounts())
        is_bad = recent.tries >= LEAST_TRIES and 2 * recent.bad > recent.tries
        return self._opened(now, slots) if is_bad else replace(self, slots=slots)

    def _slots_with(self, tally: TryCounts, now: int) -> dict[int, TryCounts]:
        slot, oldest = now // SLOT_MS, now // SLOT_MS - WINDOW_SLOTS
        slots = {number: one for number, one in self.slots.items() if number > oldest}
        return {**slots, slot: slots.get(slot, TryCounts()) + tally}

    def _after_probe(self, tally: TryCounts, now: int, slots: Mapping[int, TryCounts]) -> "Breaker":
        """What comes while it is open was sent before."""
        if now < self.open_until or not tally.tries:
            return replace(self, slots=slots)
        return self._opened(now, slots) if tally.bad else Breaker({now // SLOT_MS: tally})

    def _opened(self, now: int, slots: Mapping[int, TryCounts]) -> "Breaker":
        pause = min(FIRST_PAUSE_MS * 2**self.opened, LONGEST_PAUSE_MS)
        return Breaker(slots, open_until=now + pause, opened=self.opened + 1)


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """Of one kind of channel. `breakers`: by host. `is_paused`: by an operator."""

    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    is_paused: bool = False

    def breaker(self, host: str) -> Breaker:
        return self.breakers.get(host, Breaker())

    def with_breaker(self, host: str, breaker: Breaker) -> "ChannelHealth":
        others = {name: one for name, one in self.breakers.items() if name != host}
        kept = dict([*others.items()][-(MOST_HOSTS - 1) :])
        return replace(self, breakers={**kept, host: breaker})
