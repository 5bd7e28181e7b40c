"""Simulates a campaign: the load on workers, table and rate, and the time that it takes.

Time goes by in steps. Workers take segments from the queue and go through their users; the load on the table and
the rate is cut to their limits. Nothing here calls AWS or WeChat. docs/capacity.md says where the numbers come from;
comments here mark those that are assumed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from minipush.costs import (
    ANSWER_SECONDS,
    CHECKPOINT_EVERY,
    IN_FLIGHT,
    INVOCATION_SECONDS,
    LEASE_SECONDS,
    PERMIT_BYTES,
    PROFILE_BYTES,
    READ_UNIT_BYTES,
    SECONDS_PER_ITEM,
    SECONDS_PER_MESSAGE,
)

PERMITS: Final = 3  # per user
USER_BYTES: Final = PROFILE_BYTES + PERMITS * PERMIT_BYTES
CLAIM_SECONDS: Final = 0.02  # a batch of claims; assumed
PAGE_SECONDS: Final = 0.1  # to read 1 MB; assumed
START_SECONDS: Final = 3  # from the queue's message to the first send; assumed
UNEVEN: Final = 0.2  # a segment's largest deviation from the mean; assumed

# DynamoDB, "Understanding DynamoDB warm throughput" and "Quotas in Amazon DynamoDB"
PARTITION_WRITES: Final = 1_000
PARTITION_READS: Final = 3_000
TABLE_WRITES: Final = 40_000
DOUBLING_SECONDS: Final = 30 * 60
# Lambda, "Configuring scaling behavior for SQS event source mappings": five at first, 300 more each minute
FIRST_WORKERS: Final = 5
MORE_WORKERS: Final = 300 / 60  # a second

DAY: Final = 24 * 60 * 60
BEGINS: Final = 9 * 60 * 60  # in Beijing
SWEEP_SECONDS: Final = (
    30 * 60
)  # from midnight until the sweep resumes paused campaigns: half an hour on average


@dataclass(frozen=True, slots=True)
class Setting:
    """`partitions`: of the Users table; a new one has 4, for 4,000 writes a second.

    `share`: of the users are recipients. `killed_after`: a worker's mean life in seconds.
    """

    name: str
    segments: int = 8
    workers: int = 8
    partitions: int = 4
    per_second: int | None = None
    answer_seconds: float = ANSWER_SECONDS
    share: float = 1.0
    killed_after: float | None = None
    in_order: bool = False
    daily_quota: int | None = None

    @property
    def seconds_per_user(self) -> float:
        return max(self._worker_seconds.values())

    @property
    def slowest(self) -> str:
        return max(self._worker_seconds, key=self._worker_seconds.__getitem__)

    @property
    def _worker_seconds(self) -> dict[str, float]:
        """Per user. A worker computes, waits for answers and reads the next page at the same time."""
        return {
            "CPU": self.share * SECONDS_PER_MESSAGE + (1 - self.share) * (1 + PERMITS) * SECONDS_PER_ITEM,
            "answers": self.share * (self.answer_seconds + CLAIM_SECONDS) / IN_FLIGHT,
            "pages": PAGE_SECONDS * USER_BYTES / 2**20,
        }

    @property
    def partition_seconds_per_user(self) -> float:
        """Of the partition that has the user."""
        return max(self._partition_seconds.values())

    @property
    def scarcest(self) -> str:
        return max(self._partition_seconds, key=self._partition_seconds.__getitem__)

    @property
    def _partition_seconds(self) -> dict[str, float]:
        reads = USER_BYTES / READ_UNIT_BYTES / PARTITION_READS
        return {"writes": self.share / PARTITION_WRITES, "reads": reads}


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
