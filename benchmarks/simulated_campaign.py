"""Simulates a campaign: the load on workers, table and rate, and the time that it takes.

Time goes by in steps. Workers take segments from the queue and go through their users; the load on the table and
the rate is cut to their limits. Nothing here calls AWS or WeChat. docs/capacity.md says where the numbers come from;
comments here mark those that are assumed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from benchmarks.campaign_setting import (
    BEGINS,
    DAY,
    DOUBLING_SECONDS,
    FIRST_WORKERS,
    MORE_WORKERS,
    PARTITION_WRITES,
    START_SECONDS,
    SWEEP_SECONDS,
    TABLE_WRITES,
    UNEVEN,
    Setting,
)
from minipush.application.campaigns.costs import CHECKPOINT_EVERY, INVOCATION_SECONDS, LEASE_SECONDS


@dataclass(slots=True)
class Segment:
    """A range of the table's hash space. `until`: when its worker stops or dies."""

    start: float
    width: float
    users: float
    left: float
    ready: float = 0
    works_from: float = 0
    until: float = 0
    dies: bool = False

    def partition(self, partitions: int) -> int:
        """The partition that its worker reads: a Scan goes through one after the other."""
        done = 1 - self.left / self.users if self.users else 0
        return min(int((self.start + done * self.width) * partitions), partitions - 1)


@dataclass(frozen=True, slots=True)
class Result:
    """`limit`: what limited the workers most."""

    seconds: float
    sends: float
    repeated: float
    killed: int
    limit: str


class Simulation:
    def __init__(self, users: int, setting: Setting, seed: int = 1) -> None:
        self._setting = setting
        self._random = Random(seed)  # noqa: S311  # a simulation
        self._step = max(1.0, users / 20_000_000)
        self._waiting = _queued(list(_segments(users, setting, self._random)), setting)
        self._running: list[Segment] = []
        self._now = 0.0
        self._partitions = setting.partitions
        self._doubled = 0.0
        self._sends = self._today = self._repeated = 0.0
        self._killed = 0
        self._day = 1
        self._held: Counter[str] = Counter()

    def __call__(self) -> Result:
        while self._waiting or self._running:
            self._take()
            self._move()
            self._now += self._step
            self._leave()
            self._wait_for_tomorrow()
        limit = self._held.most_common(1)[0][0]
        return Result(self._now, self._sends, self._repeated, self._killed, limit)

    def _take(self) -> None:
        most = min(self._setting.workers, int(FIRST_WORKERS + MORE_WORKERS * self._now))
        for segment in [s for s in self._waiting if s.ready <= self._now][: most - len(self._running)]:
            self._waiting.remove(segment)
            self._running.append(segment)
            life = self._life()
            segment.works_from = self._now + START_SECONDS
            segment.dies = life < INVOCATION_SECONDS
            segment.until = self._now + min(life, INVOCATION_SECONDS)

    def _life(self) -> float:
        after = self._setting.killed_after
        return self._random.expovariate(1 / after) if after else float("inf")

    def _move(self) -> None:
        asked = list(self._asked())
        cuts = self._partition_cuts(asked)
        fitting = [(segment, users * cuts[where]) for segment, where, users in asked]
        name, cut = self._common_cut(sum(users for _, users in fitting) * self._setting.share)
        for segment, users in fitting:
            segment.left -= users * cut
        for _, where, _ in asked:
            own = self._setting.scarcest if cuts[where] < 1 else self._setting.slowest
            self._held[name if cut < 1 else own] += 1
        sent = sum(users for _, users in fitting) * cut * self._setting.share
        self._sends += sent
        self._today += sent
        self._adapt(throttled=any(c < 1 for c in cuts.values()))

    def _asked(self) -> Iterator[tuple[Segment, int, float]]:
        """Each worker's segment and partition, and how many users it would reach in this step without limits."""
        for segment in self._running:
            seconds = min(self._step, max(self._now + self._step - segment.works_from, 0))
            users = min(segment.left, seconds / self._setting.seconds_per_user)
            yield segment, segment.partition(self._partitions), users

    def _partition_cuts(self, asked: list[tuple[Segment, int, float]]) -> dict[int, float]:
        loads: dict[int, float] = defaultdict(float)
        for _, where, users in asked:
            loads[where] += users
        most = self._step / self._setting.partition_seconds_per_user
        return {where: _cut(load, most) for where, load in loads.items()}

    def _common_cut(self, sends: float) -> tuple[str, float]:
        setting = self._setting
        limits = [("writes", TABLE_WRITES * self._step)]
        if setting.per_second:
            limits.append(("rate", setting.per_second * self._step))
        if setting.daily_quota:
            limits.append(("quota", setting.daily_quota - self._today))
        name, most = min(limits, key=lambda limit: limit[1])
        return name, _cut(sends, most)

    def _adapt(self, *, throttled: bool) -> None:
        """A throttled table doubles its partitions, at most every half-hour."""
        due = self._now - self._doubled >= DOUBLING_SECONDS
        if throttled and due and self._partitions * PARTITION_WRITES < TABLE_WRITES:
            self._partitions *= 2
            self._doubled = self._now

    def _leave(self) -> None:
        for segment in list(self._running):
            if segment.left < 0.5:
                self._running.remove(segment)
            elif self._now >= segment.until:
                self._running.remove(segment)
                self._waiting.append(segment)
                if segment.dies:
                    self._die_over(segment)

    def _die_over(self, segment: Segment) -> None:
        again = min(self._random.uniform(0, CHECKPOINT_EVERY), segment.users - segment.left)
        segment.left += again
        segment.ready = self._now + LEASE_SECONDS
        self._repeated += again * self._setting.share
        self._killed += 1

    def _wait_for_tomorrow(self) -> None:
        quota = self._setting.daily_quota
        midnight = self._day * DAY - BEGINS
        if quota is None or not (self._running or self._waiting):
            return
        if self._today >= quota - 0.5 and self._now < midnight:
            self._held["quota"] += int((midnight - self._now) / self._step)
            self._now = midnight + SWEEP_SECONDS
            self._waiting += self._running
            self._running = []
        if self._now >= midnight:
            self._day += 1
            self._today = 0


def _cut(asked: float, most: float) -> float:
    return min(1.0, most / asked) if asked else 1.0


def _segments(users: int, setting: Setting, random: Random) -> Iterator[Segment]:
    weights = [random.uniform(1 - UNEVEN, 1 + UNEVEN) for _ in range(setting.segments)]
    start = 0.0
    for weight in weights:
        width = weight / sum(weights)
        yield Segment(start, width, users * width, users * width)
        start += width


def _queued(segments: list[Segment], setting: Setting) -> list[Segment]:
    """Segments that run together lie far apart: neighbours would crowd one partition."""
    if setting.in_order:
        return segments
    stride = max(1, len(segments) // setting.workers)
    return [segment for first in range(stride) for segment in segments[first::stride]]
