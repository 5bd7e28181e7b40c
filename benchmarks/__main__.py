"""`make bench`: compares minipush with the usual ways to send, in one run. QUICK=1 for a smaller one.

The last line of stdout is a JSON object with all figures. The exit code is 0 if every count is right. With STRICT=1,
the goals for speed count as well: they are ratios within the run, but machines are noisy.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from support.redis_server import running_redis

from benchmarks import contender
from benchmarks.cloud import Cloud, fill_redis
from benchmarks.contender import Job
from benchmarks.report import PERMITS, Case, Report, Run
from benchmarks.stub import StubProcess, running_stub
from local.stack.emulator import Emulator
from minipush.domain.campaigns import CampaignStatus

DELAYS = (0, 50)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many users each contender sends to. `articles`: by WeChat's delay; `audiences`: to compare memory.

    `bare`: how many before ours, and how many after it. `judges_memory`: as in a Report.
    """

    articles: dict[int, int]
    per_user: int
    ours: int
    bare: tuple[int, int]
    audiences: tuple[int, int]
    cases: tuple[Case, ...]
    judges_memory: bool


def _cases(permits: Iterable[int], *, has_tls: bool, delays: Iterable[int] = DELAYS) -> Iterator[Case]:
    return (Case(delay, each, has_tls=has_tls) for delay in delays for each in permits)


# A worker holds two pages of about 2,300 users: even the smaller audience has two pages.
FULL = Sizes(
    {0: 800, 50: 60}, 1000, 10_000, (5000, 5000), (15_000, 60_000),
    (*_cases(PERMITS, has_tls=True), *_cases(PERMITS, has_tls=False)),
    judges_memory=True,
)  # fmt: skip
QUICK = Sizes(
    {0: 30, 50: 10}, 40, 1500, (400, 0), (3000, 6000),
    (*_cases(PERMITS, has_tls=True), *_cases(PERMITS[:1], has_tls=False, delays=DELAYS[:1])),
    judges_memory=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """`stubs` by WeChat's delay and whether it has TLS."""

    cloud: Cloud
    redis: str
    stubs: dict[tuple[int, bool], StubProcess]

    def articles(self, users: int, case: Case) -> Run:
        fill_redis(self.redis, users, case.permits)
        return self._run("articles", users, case, redis=self.redis)

    def per_user(self, users: int, case: Case) -> Run:
        table = self.cloud.settle(users, case.permits, subscribes=case.subscribes)
        return self._run("per_user", users, case, table=table)

    def ours_between_bare(self, users: int, bare: tuple[int, int], case: Case) -> Iterator[Run]:
        """The bare clients send a part of their messages before ours, and the others after it: a machine's speed drifts."""
        table = self.cloud.settle(users, case.permits, subscribes=case.subscribes)
        before, after = bare
        yield from self._bare_clients(before, case)
        yield self._ours(table, users, case)
        if after:
            yield from self._bare_clients(after, case)

    def ours(self, users: int, case: Case) -> Run:
        table = self.cloud.settle(users, case.permits, subscribes=case.subscribes)
        return self._ours(table, users, case)

    def _ours(self, table: str, users: int, case: Case) -> Run:
        campaign = self.cloud.launch(subscribes=case.subscribes)
        run = self._run("ours", users, case, table=table, campaign=campaign)
        progress = self.cloud.progress(campaign)
        is_done = progress.campaign.status is CampaignStatus.COMPLETED
        run.counts_are_right &= is_done and progress.counts.sent == progress.counts.total == users
        return run

    def _bare_clients(self, users: int, case: Case) -> Iterator[Run]:
        for client in ("aiohttp", "curl"):
            yield self._run(f"bare_{client}", users, case)

    def _run(self, name: str, users: int, case: Case, **given: str) -> Run:
        stub = self.stubs[case.delay, case.has_tls]
        job = Job(users, stub.url, ca=stub.ca, subscribes=case.subscribes, **given)
        figures = contender.run(name, job, self.cloud.environment)
        once = stub.reached() == {"messages": users, "users": users}
        return Run(name, case, users, figures, counts_are_right=once)


def runs(bench: Bench, sizes: Sizes) -> Iterator[Run]:
    for case in sizes.cases:
        yield bench.articles(sizes.articles[case.delay], case)
        yield bench.per_user(sizes.per_user, case)
        yield from bench.ours_between_bare(sizes.ours, sizes.bare, case)
    subscriptions = Case(DELAYS[0], PERMITS[0], has_tls=True, subscribes=True)
    yield bench.per_user(sizes.per_user, subscriptions)
    yield bench.ours(sizes.ours, subscriptions)
    for users in sizes.audiences:
        yield bench.ours(users, Case(DELAYS[0], PERMITS[0], has_tls=True))


@contextmanager
def running_bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulator = stack.enter_context(Emulator(folder))
        socket = stack.enter_context(running_redis())
        stubs = {}
        for delay, has_tls in product(DELAYS, (True, False)):
            (certificate := folder / f"tls-{delay}").mkdir(exist_ok=True)
            stubs[delay, has_tls] = stack.enter_context(running_stub(delay, certificate if has_tls else None))
        yield Bench(Cloud(emulator.url), socket, stubs)


def main() -> int:
    sizes = QUICK if os.environ.get("QUICK") else FULL
    report = Report(judges_memory=sizes.judges_memory)
    with running_bench() as bench:
        report.put_units = bench.cloud.collect(20, 5)
        for run in runs(bench, sizes):
            report.runs.append(run)
            print(run.line, file=sys.stderr, flush=True)
    print(report.text())
    print(json.dumps(report.as_json(), ensure_ascii=False))
    goals_count = bool(os.environ.get("STRICT"))
    return 0 if report.counts_are_right and (report.goals_are_met or not goals_count) else 1


if __name__ == "__main__":
    sys.exit(main())
