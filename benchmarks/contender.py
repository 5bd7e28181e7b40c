"""Runs one contender in a separate process: `python -m benchmarks.contender NAME JOB`.

A contender is a module with `prepare(job)`, which returns the function that sends. Measured is that function's CPU
time, user and system, of all threads of the process. Connections and tokens are part of it, imports are not.
"""

import asyncio
import importlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.processes import ROOT


@dataclass(frozen=True, slots=True)
class Job:
    """`ca`: the file of the stub's CA, if it serves TLS. `table`: of the users; `redis`: a socket; `campaign`: one
    that is in the queue. `subscribes`: by one-time subscriptions, not formIds.
    """

    users: int
    wechat: str
    ca: str = ""
    subscribes: bool = False
    table: str = ""
    redis: str = ""
    campaign: str = ""

    @property
    def send_url(self) -> str:
        path = "subscribe" if self.subscribes else "wxopen/template"
        return f"{self.wechat}/cgi-bin/message/{path}/send?access_token=stub"


type Send = Callable[[], Mapping[str, float]]
"""Sends one message to each user, and may return figures of its own."""


def in_event_loop(
    send_all: Callable[[Job, Iterator[str]], Coroutine[Any, Any, None]],
) -> Callable[[Job], Send]:
    """The `prepare` of a contender that sends to all openids of an iterator in one event loop."""

    def prepare(job: Job) -> Send:
        def send() -> dict[str, float]:
            asyncio.run(send_all(job, iter(openids(job.users))))
            return {}

        return send

    return prepare


def openids(users: int) -> list[str]:
    return [f"o{n:027}" for n in range(users)]


def run(name: str, job: Job, environment: Mapping[str, str]) -> dict[str, Any]:
    """`seconds`, `cpu_seconds`, `peak_mb`, and the contender's own figures."""
    command = [sys.executable, "-m", "benchmarks.contender", name, json.dumps(asdict(job))]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(send: Send) -> dict[str, float]:
    cpu, clock = _cpu_seconds(), time.perf_counter()
    figures = send()
    seconds, cpu = time.perf_counter() - clock, _cpu_seconds() - cpu
    return {**figures, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": _peak_mb()}


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    # Not ru_maxrss: it starts with the parent's value.
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) / 1024


def main(name: str, job: str) -> None:
    contender = importlib.import_module(f"benchmarks.{name}")
    print(json.dumps(measure(contender.prepare(Job(**json.loads(job))))), flush=True)
    os._exit(0)  # without closing connections, as a worker ends


if __name__ == "__main__":
    main(*sys.argv[1:])
