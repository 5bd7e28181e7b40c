"""Runs one campaign of the demo, shows its progress and kills a worker halfway."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.demo.back_end import BackEnd, Message, Result
from local.demo.progress import Progress
from local.simulator.client import Control

# The longest time without progress, in seconds: more than it takes until a killed worker's segment is taken over.
STALL_SECONDS = 180
POLL_SECONDS = 0.5
USED_UP = "41029"
# The longest time until WeChat has pushed all events, in seconds.
EVENT_SECONDS = 300
STATUSES = ("sent", "failed", "skipped", "unknown")


class CampaignError(RuntimeError):
    """The campaign broke a promise. The message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRun:
    """`seconds`: the least duration. `kill_worker` returns the number of workers it found."""

    back_end: BackEnd
    control: Control
    progress: Progress
    message: Message
    seconds: int
    kill_worker: Callable[[], int] | None = None
    poll_seconds: float = POLL_SECONDS

    def run(self, reachable: int) -> dict[str, Result]:
        """Return the results by openid. `reachable`: the number of users in the audience."""
        before = self.control.summary()
        id_ = self.back_end.create_campaign(self.message, max(1, reachable // self.seconds))
        self._watch(id_, reachable, before["taken"])
        if self.kill_worker:
            again = count_used_up(self.control.summary()) - count_used_up(before)
            self.progress.say(f"messages of the killed worker sent again with the same formId: {again}")
        self.control.settle(EVENT_SECONDS)
        return self._recipients(id_, reachable)

    def _watch(self, id_: str, reachable: int, accepted_before: int) -> None:
        kill, seen = self.kill_worker, 0
        with self.progress.step(f"{self.message['type']} campaign: users processed", reachable) as step:
            for campaign in self._until_completed(id_):
                counted = sum(campaign["counts"][status] for status in STATUSES)
                step.tick(counted - seen)
                seen = counted
                accepted = self.control.summary()["taken"] - accepted_before
                if kill and accepted >= max(1, reachable // 2):
                    self._kill(kill, accepted)
                    kill = None
        if kill:
            raise CampaignError("the campaign completed before a worker could be killed")

    def _until_completed(self, id_: str) -> Iterator[dict[str, Any]]:
        progressed_at, counts = time.monotonic(), None
        while True:
            campaign = self.back_end.campaign(id_)
            yield campaign
            if campaign["status"] == "completed":
                return
            if campaign["counts"] != counts:
                progressed_at, counts = time.monotonic(), campaign["counts"]
            if campaign["status"] != "running" or time.monotonic() > progressed_at + STALL_SECONDS:
                raise CampaignError(f"the campaign is {campaign['status']}: {counts}")
            time.sleep(self.poll_seconds)

    def _kill(self, kill: Callable[[], int], accepted: int) -> None:
        workers = kill()
        if not workers:
            raise CampaignError("no worker was found to be killed")
        self.progress.say(
            f"after {accepted} messages, one of {workers} workers is killed; "
            "another takes over its segment when the lease expires"
        )

    def _recipients(self, id_: str, reachable: int) -> dict[str, Result]:
        entries = list(self.back_end.recipients(id_))
        results = {result["openid"]: result for result in entries}
        counts = self.back_end.campaign(id_)["counts"]
        reported = Counter(result["status"] for result in entries)
        if {status: reported[status] for status in STATUSES} != {
            status: counts[status] for status in STATUSES
        }:
            raise CampaignError(f"the report has {dict(reported)}, the campaign counts {counts}")
        if not len(results) == len(entries) == reachable:
            raise CampaignError(
                f"{reachable} users held a permit, but the report has {len(entries)} entries for {len(results)} users"
            )
        return results


def count_used_up(summary: dict[str, Any]) -> int:
    return int(summary["errcodes"].get(USED_UP, 0))
