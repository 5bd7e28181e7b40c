"""The sweep: remove what has expired and measure the pool, in one pass over all users."""

from collections.abc import Callable

from minipush.domain.pool import PoolMeasure
from minipush.usecases.ports import Clock, Sweep, SweepStore


class OvertakenError(RuntimeError):
    """Another sweep has moved on meanwhile; it has everything that this one knew."""


class SweepExpired:
    """A pass that doesn't end in time is left with its place kept; the next run goes on from there."""

    def __init__(self, store: SweepStore, clock: Clock, grace_ms: int) -> None:
        self._store = store
        self._clock = clock
        self._grace_ms = grace_ms

    def __call__(self, has_time: Callable[[], bool]) -> Sweep:
        sweep = self._store.resume() or Sweep(PoolMeasure(self._clock()))
        while not sweep.finished and has_time():
            self._pass_over_a_page(sweep)
            if not self._store.save(sweep):
                raise OvertakenError
        if sweep.finished:
            self._store.publish(sweep)
        return sweep

    def _pass_over_a_page(self, sweep: Sweep) -> None:
        expired_by = sweep.measure.now - self._grace_ms
        permits, sweep.cursor = self._store.page(sweep.cursor)
        for openid, permit in permits:
            sweep.measure.count(openid, permit)
        expired = [(openid, permit) for openid, permit in permits if permit.is_expired(expired_by)]
        sweep.removed += self._store.remove(expired, expired_by)
        sweep.finished = sweep.cursor is None
