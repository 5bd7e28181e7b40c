"""Keeps workers from calling providers that don't answer."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from minipush.application.ports.centre.channel_health import ChannelHealthStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.breakers import ChannelHealth, TryCounts
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError

# How long a process goes by what it has read.
FRESH_MS: Final = 2_000
# A process whose provider answers writes so rarely.
REPORT_MS: Final = 60_000
TRIES: Final = 4

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Unreported:
    since: int
    tallies: dict[str, TryCounts] = field(default_factory=dict)


class CircuitBreakers:
    """Those of one process, which shares them with the others. While their store fails, all count as closed.

    It blocks: the worker calls it in a thread.
    """

    def __init__(self, store: ChannelHealthStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[ChannelKind, tuple[ChannelHealth, int]] = {}
        self._unreported: dict[ChannelKind, _Unreported] = {}

    def is_barred(self, kind: ChannelKind, host: str) -> bool:
        """Whether nothing may be sent now. Where a pause is over, one worker may `enter`."""
        now = self._clock()
        health = self._health(kind, now)
        return health.is_paused or health.breaker(host).is_open(now)

    def enter(self, kind: ChannelKind, host: str) -> bool:
        """Ask right before a try. Where a pause is over, the first worker who asks may try. It costs a write then."""
        if self.is_barred(kind, host):
            return False
        now = self._clock()
        health = self._health(kind, now)
        return health.breaker(host).is_closed or self._takes_probe(kind, host, health, now)

    def note(self, kind: ChannelKind, host: str, *, is_bad: bool) -> None:
        """Note a try. `is_bad`: the provider did not answer, or was not available."""
        unreported = self._unreported.setdefault(kind, _Unreported(self._clock()))
        unreported.tallies[host] = unreported.tallies.get(host, TryCounts()) + TryCounts(1, int(is_bad))

    def note_dead_address(self, kind: ChannelKind, host: str) -> None:
        """It doesn't count, unless it answers a probe: the provider is back."""
        if not self._known.get(kind, (ChannelHealth(), 0))[0].breaker(host).is_closed:
            self.note(kind, host, is_bad=False)

    def report(self) -> None:
        """Tell the others. A provider that answers costs no write, but for one a minute."""
        now = self._clock()
        for kind, unreported in [*self._unreported.items()]:
            if self._is_news(kind, unreported, now):
                del self._unreported[kind]
                self._tell(kind, unreported.tallies, now)

    def _is_news(self, kind: ChannelKind, unreported: _Unreported, now: int) -> bool:
        health = self._known.get(kind, (ChannelHealth(), 0))[0]
        was_open = any(not health.breaker(host).is_closed for host in unreported.tallies)
        is_bad = any(tally.bad for tally in unreported.tallies.values())
        return was_open or is_bad or now - unreported.since >= REPORT_MS

    def _tell(self, kind: ChannelKind, tallies: Mapping[str, TryCounts], now: int) -> None:
        def noted(health: ChannelHealth) -> ChannelHealth:
            for host, tally in tallies.items():
                health = health.with_breaker(host, health.breaker(host).noted(tally, now))
            return health

        try:
            health = change_health(self._store, kind, noted)
            self._known[kind] = (health, now)
            _log_open(kind, health, tallies)
        except StoreError:
            logger.warning("the state of the channels could not be shared", extra={"kind": kind})

    def _health(self, kind: ChannelKind, now: int) -> ChannelHealth:
        known = self._known.get(kind)
        if known is None or now - known[1] >= FRESH_MS:
            known = self._known[kind] = (self._read(kind, known), now)
        return known[0]

    def _read(self, kind: ChannelKind, known: tuple[ChannelHealth, int] | None) -> ChannelHealth:
        try:
            return self._store.read(kind)
        except StoreError:
            logger.warning("the state of the channels could not be read", extra={"kind": kind})
            return known[0] if known else ChannelHealth()

    def _takes_probe(self, kind: ChannelKind, host: str, health: ChannelHealth, now: int) -> bool:
        probed = health.with_breaker(host, health.breaker(host).with_probe(now))
        try:
            is_mine = self._store.save(kind, health, probed)
        except StoreError:
            return True
        self._known[kind] = (probed, now) if is_mine else (health, 0)
        return is_mine


def _log_open(kind: ChannelKind, health: ChannelHealth, hosts: Iterable[str]) -> None:
    for host in hosts:
        if not health.breaker(host).is_closed:
            logger.warning("a channel's provider does not answer", extra={"kind": kind, "host": host})


def change_health(
    store: ChannelHealthStore, kind: ChannelKind, change: Callable[[ChannelHealth], ChannelHealth]
) -> ChannelHealth:
    """Raises StoreError."""
    for _ in range(TRIES):
        before = store.read(kind)
        after = change(before)
        if store.save(kind, before, after):
            return after
    raise StoreError(f"the state of {kind} was changed by others {TRIES} times")


def pause_channel(store: ChannelHealthStore, kind: ChannelKind, *, is_paused: bool) -> ChannelHealth:
    """An operator stops a channel, or lets it go on. Workers notice within seconds. Raises StoreError."""
    return change_health(store, kind, lambda health: replace(health, is_paused=is_paused))
