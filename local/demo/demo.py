"""The demo's parts, one after the other: collecting, sending, campaigns, the official account, the message centre."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any

from local.demo.api import Api
from local.demo.back_end import CAMPAIGN, SUBSCRIPTION, BackEnd, Message, Result, message, subscription
from local.demo.campaign import EVENT_SECONDS, CampaignRun
from local.demo.centre import CentreDemo
from local.demo.kit_phones import kit_users, play
from local.demo.official import OfficialDemo
from local.demo.phones import CollectResult, Phones
from local.demo.population import User, create_population
from local.demo.progress import Progress
from local.demo.reconciliation import Reconciliation, Row, all_match, table
from local.demo.subscribers import SubscriberProfile, SubscriptionReconciliation, answer, assign_profiles
from local.demo.workers import kill_worker
from local.providers.client import ProvidersControl
from local.simulator.client import Control
from local.simulator.wechat import APPID, TEMPLATE_SEND
from local.stack.aws import Aws
from local.stack.stack import Stack

CONCURRENCY = 8
BATCH = 100
# The first campaign is slow enough to kill a worker halfway.
TEMPLATE_SECONDS, SUBSCRIPTION_SECONDS = 15, 5
READERS = 24


class DemoError(RuntimeError):
    """minipush broke a promise. The message says which."""


class Demo:
    def __init__(self, stack: Stack, progress: Progress) -> None:
        self._stack = stack
        self._progress = progress
        wechat = partial(Control, stack.wechat_url, stack.wechat_ca)
        self._control = wechat()
        self._api = Api(stack.api_url, stack.operator_key)
        self._back_end = BackEnd(self._api)
        self._phones = Phones(stack.api_url, wechat, {})

    def run(self, count: int) -> bool:
        """Return whether all numbers match."""
        console, key = f"{self._stack.api_url}/console/", self._stack.operator_key
        self._progress.say(f"watch it live in the console at {console} with the operator key {key}")
        users = create_population(self._control, count)
        collected = self._collect(users)
        self._arm_faults(users)
        direct = self._send([user.openid for user in users])
        campaign = self._to_all()
        permits = self._reconcile(collected, direct, campaign)
        rows = permits.rows() + self._subscribe(users, permits.left).rows()
        self._progress.say(f"\n{table(rows)}\n")
        official = self._write_to_followers([user.openid for user in users])
        reminders = self._remind([user.openid for user in users])
        return all_match([*rows, *official, *reminders])

    def _write_to_followers(self, openids: Sequence[str]) -> list[Row]:
        rows = OfficialDemo(self._api, self._control, self._progress).run(openids)
        self._progress.say(f"\n{table(rows)}\n")
        return rows

    def _remind(self, openids: Sequence[str]) -> list[Row]:
        """A few users: each types codes that come to several addresses."""
        providers = ProvidersControl(self._stack.provider_urls["Bark"])
        centre = CentreDemo(self._api, APPID, self._phones.session, providers, self._progress)
        rows = centre.run(openids[: 1 + READERS])
        self._progress.say(f"\n{table(rows, 'phones')}\n")
        return rows

    def _collect(self, users: Sequence[User]) -> CollectResult:
        with_kit = kit_users(users)
        chosen = {user.openid for user in with_kit}
        others = [user for user in users if user.openid not in chosen]
        total = CollectResult()
        with self._progress.step("users log in, submit forms and pay", len(users)) as step:
            stack = self._stack
            played = play(stack.api_url, stack.wechat_url, stack.wechat_ca, with_kit)
            for collected in itertools.chain(played, in_parallel(self._phones.use, others)):
                total.add(collected)
                step.tick()
        self._progress.say(f"{len(with_kit)} of them did so on phones that run the mini-program kit")
        return total

    def _arm_faults(self, users: Sequence[User]) -> None:
        """WeChat is sometimes busy, and drops connections before and after it accepts a message."""
        payers = [user.openid for user in users if user.profile.payments and not user.profile.taps]
        for openid, action in zip(payers, ("reset_after", "reset_before"), strict=False):
            self._control.fault(action, path=TEMPLATE_SEND, openid=openid)
        # Not for users with an expired id, because its outcome could not be determined.
        tappers = [user.openid for user in users if user.profile.taps and not user.profile.old_taps]
        for action, openids in (("errcode", tappers[::30]), ("reset_after", tappers[7::40])):
            for openid in openids:
                self._control.fault(action, path=TEMPLATE_SEND, openid=openid)

    def _send(self, openids: Sequence[str]) -> dict[str, Result]:
        """Return the results by openid. Halfway, WeChat revokes the access_token."""
        lists = [list(part) for part in batched(openids, BATCH, strict=False)]
        results: dict[str, Result] = {}
        with self._progress.step("messages requested", len(openids)) as step:
            for number, answered in enumerate(in_parallel(self._back_end.send, lists)):
                results |= {result["openid"]: result for result in answered}
                step.tick(len(answered))
                if number == len(lists) // 2:
                    self._control.revoke_tokens()
        self._repeat(lists[0], results)
        return results

    def _repeat(self, touser: Sequence[str], results: dict[str, Result]) -> None:
        """Repeat a request with the same Idempotency-Key, as a back end does after a broken connection."""
        if self._back_end.send(touser) != [results[openid] for openid in touser]:
            raise DemoError("a repeated Idempotency-Key returned a different response")
        self._progress.say("the first request repeated with the same Idempotency-Key: the same response")

    def _to_all(self) -> dict[str, Result]:
        """Run a campaign to all users with a permit."""
        aws = Aws(self._stack.aws_url)
        kill = partial(kill_worker, functions(aws)["CampaignWorkerFunction"], aws.url)
        template_message = message(CAMPAIGN)
        reachable = self._back_end.count_holders(template_message)
        return self._campaign(template_message, TEMPLATE_SECONDS, kill).run(reachable)

    def _campaign(self, message: Message, seconds: int, kill: Callable[[], int] | None = None) -> CampaignRun:
        return CampaignRun(
            back_end=self._back_end,
            control=self._control,
            progress=self._progress,
            message=message,
            seconds=seconds,
            kill_worker=kill,
        )

    def _reconcile(
        self, collected: CollectResult, direct: dict[str, Result], campaign: dict[str, Result]
    ) -> Reconciliation:
        applied: Counter[str] = Counter()
        for fault in self._control.faults():
            applied[fault["action"]] += fault["applied"]
        self._progress.say("faults applied: " + ", ".join(f"{n} x {action}" for action, n in applied.items()))
        left = self._sweep()["permits"]
        return Reconciliation(
            collected=collected,
            direct=direct,
            campaign=campaign,
            left=left,
            summary=self._control.summary(),
            messages=[*self._control.messages()],
        )

    def _subscribe(self, users: Sequence[User], left_before: int) -> SubscriptionReconciliation:
        """Ask users to subscribe. Some turn the template off again. Run a campaign to the others."""
        profiles = assign_profiles(users)
        stored = self._answer_popups(profiles)
        self._turn_off([openid for openid, profile in profiles.items() if profile.turns_off])
        reachable = sum(profile.is_reachable for profile in profiles.values())
        self._control.fault("undelivered", after=2, times=1 + reachable // 40)
        results = self._campaign(subscription(), SUBSCRIPTION_SECONDS).run(reachable)
        left = self._sweep()["permits"] - left_before
        events = self._control.settle(EVENT_SECONDS)
        self._progress.say(f"WeChat delivered {events['delivered']} events about choices and sent messages")
        return SubscriptionReconciliation(
            stored=stored,
            results=results,
            left=left,
            summary=self._control.summary(),
            messages=[*self._control.messages()],
            events=events,
        )

    def _answer_popups(self, profiles: Mapping[str, SubscriberProfile]) -> int:
        """Return the number of stored accepts."""
        stored = 0
        with self._progress.step("users answer the popup", len(profiles)) as step:
            for count in in_parallel(lambda item: answer(self._phones, *item), profiles.items()):
                stored += count
                step.tick()
        return stored

    def _turn_off(self, openids: Sequence[str]) -> None:
        self._control.reject(openids, SUBSCRIPTION)
        self._control.settle(EVENT_SECONDS)
        self._progress.say(
            f"{len(openids)} users turn the template off in the settings, and WeChat pushes events"
        )

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
    """Yield results in order. After a failure, or if the caller stops, drop the items that have not begun."""
    pool = ThreadPoolExecutor(CONCURRENCY)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)
