"""A broadcast in the demo: each user who has bound the app finds it in the inbox, once."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.demo.api import Api
from local.demo.progress import Progress
from local.demo.reconciliation import Row

MESSAGE = {"title": "元旦休息", "body": "1 月 1 日休息一天，2 日照常送花。", "level": "weak"}
SECONDS = 60


class BroadcastDemo:
    """`session`: the token of a user of the mini-program, by openid."""

    def __init__(self, api: Api, session: Callable[[str], str], progress: Progress) -> None:
        self._api = api
        self._session = session
        self._progress = progress

    def run(self, users: Sequence[str], secret: str) -> list[Row]:
        """`users`: those who have bound the app. `secret`: the app's."""
        expected = self._start(MESSAGE | {"dry_run": True}, secret)["recipients"]
        sent = self._await_end(self._start(MESSAGE, secret)["id"], len(users))
        found = [self._count_in_inbox(user) for user in users]
        return [
            Row("a broadcast of the app", expected, len(users)),
            Row("  in the inbox", sent, sum(count > 0 for count in found)),
            Row("  users who have it more than once", 0, sum(count > 1 for count in found)),
        ]

    def _start(self, body: Mapping[str, object], secret: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._api.call("POST", "/centre/broadcasts", body, secret)
        return answer

    def _await_end(self, id_: str, users: int) -> int:
        """The campaign's count of those whom it has reached."""
        end, sent = time.monotonic() + SECONDS, 0
        with self._progress.step("a broadcast goes to all users of the app", users) as step:
            while True:
                campaign = self._api.operator("GET", f"/campaigns/{id_}")
                step.tick(campaign["counts"]["sent"] - sent)
                sent = campaign["counts"]["sent"]
                if campaign["status"] == "completed":
                    return int(sent)
                if time.monotonic() > end:
                    raise RuntimeError(f"the broadcast is {campaign['status']}: {campaign['counts']}")
                time.sleep(0.2)

    def _count_in_inbox(self, user: str) -> int:
        items = self._api.call("GET", "/me/inbox", None, self._session(user))["items"]
        return sum(item.get("title") == MESSAGE["title"] for item in items)
