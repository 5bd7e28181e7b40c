"""`make demo`: a stack of its own at work, its numbers checked against WeChat's. USERS=1000 unless set."""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any

from local.demo.back_end import CAMPAIGN, SUBSCRIPTION, BackEnd, Result, message, subscription
from local.demo.campaign import ALL_TOLD, Campaign
from local.demo.crowd import CollectResult, Phones, User, gather
from local.demo.progress import Progress
from local.demo.report import Books, agree, table
from local.demo.subscribers import SubscriptionBooks, answer, take_manners
from local.demo.workers import kill_one
from local.deploy import Aws
from local.simulator.client import Control
from local.simulator.wechat import TEMPLATE_SEND
from local.stack import Settings, Stack

IN_FLIGHT = 8
LIST = 100
# Long enough to watch a campaign, and for a worker to be killed in the middle; the other goes faster.
SECONDS, FEWER_SECONDS = 15, 5


class DemoError(RuntimeError):
    """minipush did what it says it never does; the message says what."""


class Demo:
    def __init__(self, stack: Stack, progress: Progress) -> None:
        self._stack = stack
        self._progress = progress
        self._control = Control(stack.wechat_url)
        self._back_end = BackEnd(stack.api_url, stack.operator_key)
        self._phones = Phones(stack.api_url, stack.wechat_url, {})

    def run(self, count: int) -> bool:
        """Whether the two sets of books agree."""
        users = gather(self._control, count)
        collected = self._collect(users)
        self._script_faults(users)
        direct = self._send([user.openid for user in users])
        campaign = self._to_all()
        books = self._close_the_books(collected, direct, campaign)
        lines = books.lines() + self._subscribe(users, books.left).lines()
        self._progress.say(f"\n{table(lines)}\n")
        return agree(lines)

    def _collect(self, users: Sequence[User]) -> CollectResult:
        whole = CollectResult()
        with self._progress.step("users log in, tap and pay", len(users)) as step:
            for collected in in_parallel(self._phones.live, users):
                whole.add(collected)
                step.tick()
        return whole

    def _script_faults(self, users: Sequence[User]) -> None:
        """WeChat is busy at times, and answers get lost: before it acted or, worse, afterwards."""
        payers = [user.openid for user in users if user.habit.payments and not user.habit.taps]
        for openid, action in zip(payers, ("reset_after", "reset_before"), strict=False):
            self._control.fault(action, path=TEMPLATE_SEND, openid=openid)
        # Not where an id is dead besides: what became of that one then, nobody could tell.
        tappers = [user.openid for user in users if user.habit.taps and not user.habit.old_taps]
        for action, openids in (("errcode", tappers[::30]), ("reset_after", tappers[7::40])):
            for openid in openids:
                self._control.fault(action, path=TEMPLATE_SEND, openid=openid)

    def _send(self, openids: Sequence[str]) -> dict[str, Result]:
        """By openid. In the middle of it WeChat takes the access_token back."""
        lists = [list(part) for part in batched(openids, LIST, strict=False)]
        results: dict[str, Result] = {}
        with self._progress.step("messages asked for", len(openids)) as step:
            for number, answered in enumerate(in_parallel(self._back_end.send, lists)):
                results |= {result["openid"]: result for result in answered}
                step.tick(len(answered))
                if number == len(lists) // 2:
                    self._control.revoke_tokens()
        self._ask_again(lists[0], results)
        return results

    def _ask_again(self, touser: Sequence[str], results: dict[str, Result]) -> None:
        """The same Idempotency-Key: a back end whose connection broke would do so."""
        if self._back_end.send(touser) != [results[openid] for openid in touser]:
            raise DemoError("the same Idempotency-Key was answered otherwise")
        self._progress.say("the first list asked for again with the same Idempotency-Key: the same answer")

    def _to_all(self) -> dict[str, Result]:
        """A campaign to whom there is still a permit of."""
        aws = Aws(self._stack.aws_url)
        kill = partial(kill_one, functions(aws)["CampaignWorkerFunction"], aws.url)
        about = message(CAMPAIGN)
        parts = self._back_end, self._control, self._progress
        return Campaign(*parts, about, SECONDS, kill).run(self._back_end.count_holders(about))

    def _close_the_books(
        self, collected: CollectResult, direct: dict[str, Result], campaign: dict[str, Result]
    ) -> Books:
        met: Counter[str] = Counter()
        for fault in self._control.faults():
            met[fault["action"]] += fault["struck"]
        self._progress.say("faults met: " + ", ".join(f"{n} x {action}" for action, n in met.items()))
        left = self._sweep()["permits"]
        ledger = self._control.summary(), [*self._control.messages()]
        return Books(collected, direct, campaign, left, *ledger)

    def _subscribe(self, users: Sequence[User], left_before: int) -> SubscriptionBooks:
        """Users are asked, some turn it off again, and a campaign goes to the others."""
        manners = take_manners(users)
        stored = 0
        with self._progress.step("users answer the popup", len(users)) as step:
            for count in in_parallel(lambda item: answer(self._phones, *item), manners.items()):
                stored += count
                step.tick()
        self._turn_off([openid for openid, manner in manners.items() if manner.turns_off])
        reachable = sum(manner.is_reachable for manner in manners.values())
        self._control.fault("undelivered", after=2, times=1 + reachable // 40)
        parts = self._back_end, self._control, self._progress
        results = Campaign(*parts, subscription(), FEWER_SECONDS).run(reachable)
        left = self._sweep()["permits"] - left_before
        events = self._control.settle(ALL_TOLD)
        self._progress.say(
            f"WeChat pushed {events['delivered']} events of what users chose and what became of messages"
        )
        return SubscriptionBooks(
            stored, results, left, self._control.summary(), [*self._control.messages()], events
        )

    def _turn_off(self, openids: Sequence[str]) -> None:
        self._control.reject(openids, SUBSCRIPTION)
        self._control.settle(ALL_TOLD)
        self._progress.say(f"{len(openids)} users turn it off in the settings, and WeChat says so")

    def _sweep(self) -> dict[str, Any]:
        aws = Aws(self._stack.aws_url)
        function = functions(aws)["SweepFunction"]
        answer = aws.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        sweep: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer or not sweep["finished"]:
            raise DemoError(f"the sweep did not finish: {sweep}")
        return sweep


def functions(aws: Aws) -> dict[str, str]:
    return aws.resources("AWS::Lambda::Function")


def in_parallel[T, R](work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """In order; after a failure, or when no longer asked for, what has not begun is dropped."""
    pool = ThreadPoolExecutor(IN_FLIGHT)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    started = time.monotonic()
    progress = Progress(sys.stdout)
    try:
        users = _users(os.environ.get("USERS") or "1000")
        with Stack(Settings(port=0, aws_port=0), say=progress.say) as stack:
            agreed = Demo(stack, progress).run(users)
    except (RuntimeError, OSError, ValueError) as error:
        progress.say(f"demo: {error}")
        return 1
    verdict = "every number agrees with WeChat's" if agreed else "the numbers DISAGREE"
    progress.say(f"{verdict}; {time.monotonic() - started:.0f} s in all")
    return 0 if agreed else 1


def _users(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ValueError(f"USERS={text}: how many? 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
