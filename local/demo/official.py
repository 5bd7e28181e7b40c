"""The official account in the demo: its followers get a message there, with a link into the mini-program."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from local.demo.api import Api
from local.demo.progress import Progress
from local.demo.reconciliation import Row
from local.simulator.client import Control

OFFICIAL = "OFFICIAL"
BATCH = 100
MAPPING_SECONDS = 60
MESSAGE = {
    "type": "official",
    "template_id": OFFICIAL,
    "data": {"thing1": {"value": "晚间瑜伽"}, "time2": {"value": "19:30"}},
    "miniprogram": {"page": "pages/index"},
}
# Every third user follows.
SHARE = 3


class OfficialDemo:
    def __init__(self, api: Api, control: Control, progress: Progress) -> None:
        self._api = api
        self._control = control
        self._progress = progress

    def run(self, openids: Sequence[str]) -> list[Row]:
        followers = self._control.follow(openids[::SHARE])
        self._await_mapping(len(followers))
        results = self._send(openids)
        return self._rows(results, followers)

    def _await_mapping(self, count: int) -> None:
        """WeChat pushes an event for each of them, and minipush asks who it is."""
        plan = {"name": "followers", "message": MESSAGE, "audience": {"type": "all"}, "dry_run": True}
        end = time.monotonic() + MAPPING_SECONDS
        with self._progress.step("users follow the official account", count) as step:
            known = 0
            while known < count:
                if time.monotonic() > end:
                    raise RuntimeError(f"minipush knows {known} of {count} followers")
                before, known = known, int(self._api.operator("POST", "/campaigns", plan)["followers"])
                step.tick(known - before)

    def _send(self, openids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        results: dict[str, Mapping[str, Any]] = {}
        for part in batched(openids, BATCH, strict=False):
            body = MESSAGE | {"touser": part}
            answer = self._api.operator("POST", "/messages", body, key=f"official to {part[0]}")
            results |= {result["openid"]: result for result in answer["results"]}
        self._progress.say(f"{len(results)} users are sent a message in the official account")
        return results

    def _rows(self, results: Mapping[str, Mapping[str, Any]], followers: Mapping[str, str]) -> list[Row]:
        taken = Counter(
            each["openid"] for each in self._control.messages() if each["template_id"] == OFFICIAL
        )
        statuses = Counter(result["status"] for result in results.values())
        reasons = Counter(result["reason"] for result in results.values() if result["status"] == "skipped")
        return [
            Row("a message in the official account", len(results)),
            Row("  sent", statuses["sent"], sum(taken.values())),
            *(Row(f"  skipped: {reason}", count) for reason, count in sorted(reasons.items())),
            Row("  failed or unknown", statuses["failed"] + statuses["unknown"]),
            Row("  sent to somebody who does not follow", 0, len(taken.keys() - set(followers.values()))),
            Row("  users reached more than once", 0, sum(count > 1 for count in taken.values())),
        ]
