"""The sweep: remove expired permits, measure the pool and count the tags, in one pass over all users."""

from collections.abc import Callable
from dataclasses import replace

from minipush.application.ports.clock import Clock
from minipush.application.ports.sweeps import Sweep, SweepStore
from minipush.domain.permits import Permit
from minipush.domain.pool import PoolMeasure

# The measure is some kilobytes, more with many templates: writing it costs as much as reading a page.
PAGES_PER_SAVE = 10


class SweepExpired:
    """A run that ends in time saves its cursor, and the next run continues from there.

    When two runs overlap, one of them finds that the other has moved the cursor, and stops.
    """

    def __init__(
        self, store: SweepStore, clock: Clock, grace_ms: int, known: Callable[[], list[str]] = list
    ) -> None:
        """`known`: the ids of the account's templates, which the measure counts in any case."""
        self._store = store
        self._clock = clock
        self._grace_ms = grace_ms
        self._known = known

    def __call__(self, has_time: Callable[[], bool]) -> Sweep:
        sweep = self._store.resume() or self._begin()
        has_more_time = True
        while has_more_time and not sweep.finished:
            has_more_time = self._sweep_pages(sweep, has_time)
            if sweep.finished:
                # Before the save: a run that dies in between is repeated, and its measure isn't lost.
                self._store.publish(sweep)
            if not self._store.save(sweep):
                return replace(sweep, finished=False)
        return sweep

    def _begin(self) -> Sweep:
        last = self._store.pool()
        return Sweep(PoolMeasure.begin(self._clock(), self._known(), last.now if last else None))

    def _sweep_pages(self, sweep: Sweep, has_time: Callable[[], bool]) -> bool:
        """Whether there is time for more. After a crash the next run repeats these pages, to the same effect."""
        for _ in range(PAGES_PER_SAVE):
            if not has_time():
                return False
            self._sweep_page(sweep)
            if sweep.finished:
                break
        return True

    def _sweep_page(self, sweep: Sweep) -> None:
        kept_until = sweep.measure.now - self._grace_ms
        items, sweep.cursor = self._store.page(sweep.cursor)
        for openid, item in items:
            sweep.measure.count(openid, item)
            if not isinstance(item, Permit):
                sweep.tags.count(item.tags)
        permits = [(openid, item) for openid, item in items if isinstance(item, Permit)]
        old = [entry for entry in permits if (entry[1].kept_until or kept_until + 1) <= kept_until]
        sweep.removed += self._store.remove(old, kept_until)
        if sweep.cursor is None:
            sweep.measure.finish()
            sweep.finished = True
