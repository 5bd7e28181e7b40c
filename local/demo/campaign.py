"""The campaign of the demo: watched while it goes, and a worker killed on its way."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.demo.back_end import BackEnd, Message, Result
from local.demo.progress import Progress
from local.simulator.client import Control

# So long may nothing happen: longer than it takes until a dead worker's part is taken over.
PATIENCE = 180
LOOK_EVERY = 0.5
USED_UP = "41029"
# So long may WeChat take to tell what users chose, and what became of messages.
ALL_TOLD = 300
STATUSES = ("sent", "failed", "skipped", "unknown")


class CampaignError(RuntimeError):
    """The campaign did what it never should; the message says what."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """`seconds`: at most so fast. `kill_a_worker`: how many there were, 0 if none could be found."""

    back_end: BackEnd
    control: Control
    progress: Progress
    message: Message
    seconds: int
    kill_a_worker: Callable[[], int] | None = None

    def run(self, reachable: int) -> dict[str, Result]:
        """What became of each recipient. `reachable`: how many users it is for."""
        before = self.control.summary()
        id_ = self.back_end.make_campaign(self.message, max(1, reachable // self.seconds))
        self._watch(id_, reachable, before["taken"])
        if self.kill_a_worker:
            again = used_up(self.control.summary()) - used_up(before)
            self.progress.say(f"messages of the dead worker that went again with the same formId: {again}")
        self.control.settle(ALL_TOLD)
        return self._recipients(id_, reachable)

    def _watch(self, id_: str, reachable: int, taken_before: int) -> None:
        kill, seen = self.kill_a_worker, 0
        with self.progress.step(f"{self.message['type']} campaign: users dealt with", reachable) as step:
            for campaign in self._until_it_ends(id_):
                counted = sum(campaign["counts"][status] for status in STATUSES)
                step.tick(counted - seen)
                seen = counted
                taken = self.control.summary()["taken"] - taken_before
                if kill and taken >= max(1, reachable // 2):
                    self._kill(kill, taken)
                    kill = None
        if kill:
            raise CampaignError("the campaign was over before a worker could be killed")

    def _until_it_ends(self, id_: str) -> Iterator[dict[str, Any]]:
        moved, counts = time.monotonic(), None
        while True:
            campaign = self.back_end.campaign(id_)
            yield campaign
            if campaign["status"] == "completed":
                return
            if campaign["counts"] != counts:
                moved, counts = time.monotonic(), campaign["counts"]
            if campaign["status"] != "running" or time.monotonic() > moved + PATIENCE:
                raise CampaignError(f"the campaign is {campaign['status']}: {counts}")
            time.sleep(LOOK_EVERY)

    def _kill(self, kill: Callable[[], int], taken: int) -> None:
        workers = kill()
        if not workers:
            raise CampaignError("no worker was found to be killed")
        self.progress.say(
            f"{taken} messages on their way, one of {workers} workers is killed; "
            "another takes its part over when its lease has run out"
        )

    def _recipients(self, id_: str, reachable: int) -> dict[str, Result]:
        listed = list(self.back_end.recipients(id_))
        results = {result["openid"]: result for result in listed}
        counts = self.back_end.campaign(id_)["counts"]
        told = Counter(result["status"] for result in listed)
        if {status: told[status] for status in STATUSES} != {status: counts[status] for status in STATUSES}:
            raise CampaignError(f"the report has {dict(told)}, the campaign counts {counts}")
        if not len(results) == len(listed) == reachable:
            raise CampaignError(f"{reachable} held a permit, {len(listed)} lines tell of {len(results)}")
        return results


def used_up(summary: dict[str, Any]) -> int:
    return int(summary["errcodes"].get(USED_UP, 0))
