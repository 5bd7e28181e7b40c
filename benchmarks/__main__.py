"""`make bench`: compares minipush with the usual ways to send, in one run. QUICK=1 for a smaller one.

The last line of stdout is a JSON object with all figures; the exit code is 0 if every count is right.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.redis_server import running_redis

from benchmarks import contender
from benchmarks.cloud import Cloud, fill_redis
from benchmarks.contender import Job
from benchmarks.report import Report, Run
from benchmarks.stub import reached, running_stub
from local.stack.emulator import Emulator
from minipush.domain.campaigns import CampaignStatus

DELAYS = (0, 50)
PERMITS = (3, 10)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many users each contender sends to. `articles`: by WeChat's delay; `audiences`: to compare memory."""

    articles: dict[int, int]
    per_user: int
    ours: int
    bare: int
    audiences: tuple[int, int]


# A worker holds two pages of about 3,000 users: even the smaller audience has several pages.
FULL = Sizes({0: 800, 50: 60}, 1000, 5000, 10_000, (15_000, 45_000))
QUICK = Sizes({0: 50, 50: 20}, 50, 1500, 500, (1500, 4500))


@dataclass(frozen=True, slots=True)
class Bench:
    cloud: Cloud
    redis: str
    stubs: dict[int, str]

    def articles(self, users: int, permits: int, delay: int) -> Run:
        fill_redis(self.redis, users, permits)
        return self._run("articles", Job(users, self.stubs[delay], redis=self.redis), permits, delay)

    def per_user(self, users: int, permits: int, delay: int) -> Run:
        job = Job(users, self.stubs[delay], table=self.cloud.settle(users, permits))
        return self._run("per_user", job, permits, delay)

    def ours(self, users: int, permits: int, delay: int) -> Run:
        table, campaign = self.cloud.settle(users, permits), self.cloud.launch()
        run = self._run("ours", Job(users, self.stubs[delay], table, campaign=campaign), permits, delay)
        progress = self.cloud.progress(campaign)
        is_done = progress.campaign.status is CampaignStatus.COMPLETED
        run.counts_are_right &= is_done and progress.counts.sent == progress.counts.total == users
        return run

    def bare(self, users: int, delay: int) -> Run:
        return self._run("bare", Job(users, self.stubs[delay]), 0, delay)

    def _run(self, name: str, job: Job, permits: int, delay: int) -> Run:
        figures = contender.run(name, job, self.cloud.environment)
        once = reached(job.wechat) == {"messages": job.users, "users": job.users}
        return Run(name, delay, permits, job.users, figures, counts_are_right=once)


def runs(bench: Bench, sizes: Sizes) -> Iterator[Run]:
    for delay in DELAYS:
        for permits in PERMITS:
            yield bench.articles(sizes.articles[delay], permits, delay)
            yield bench.per_user(sizes.per_user, permits, delay)
            yield bench.ours(sizes.ours, permits, delay)
        yield bench.bare(sizes.bare, delay)
    for users in sizes.audiences:
        yield bench.ours(users, PERMITS[0], DELAYS[0])


@contextmanager
def running_bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        emulator = stack.enter_context(Emulator(Path(folder)))
        socket = stack.enter_context(running_redis())
        stubs = {delay: stack.enter_context(running_stub(delay)) for delay in DELAYS}
        yield Bench(Cloud(emulator.url), socket, stubs)


def main() -> int:
    sizes = QUICK if os.environ.get("QUICK") else FULL
    report = Report()
    with running_bench() as bench:
        report.put_units = bench.cloud.collect(20, 5)
        for run in runs(bench, sizes):
            report.runs.append(run)
            print(run.line, file=sys.stderr, flush=True)
    print(report.text())
    print(json.dumps(report.as_json(), ensure_ascii=False))
    return 0 if report.counts_are_right else 1


if __name__ == "__main__":
    sys.exit(main())
