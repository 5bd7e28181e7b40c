"""The simulated users as subscribers: their answers to the popup, and who turns the template off afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from local.demo.back_end import SUBSCRIPTION
from local.demo.phones import Phones
from local.demo.population import User, interleave
from local.demo.reconciliation import Results, Row, SendComparison


@dataclass(frozen=True, slots=True)
class SubscriberProfile:
    """The answer to each popup. `share`: how many of 21 users have this profile."""

    share: int
    answers: tuple[str, ...] = ()
    keeps: bool = False
    turns_off: bool = False

    @property
    def is_reachable(self) -> bool:
        return "accept" in self.answers and not self.turns_off


SUBSCRIBER_PROFILES = (
    SubscriberProfile(9, ("accept",)),
    SubscriberProfile(3, ("accept", "accept")),
    SubscriberProfile(1, ("accept", "accept"), keeps=True),  # "always keep": no popup the second time
    SubscriberProfile(1, ("accept", "reject")),
    SubscriberProfile(3, ("reject",)),
    SubscriberProfile(2, ("accept",), turns_off=True),
    SubscriberProfile(2),
)


def assign_profiles(users: Sequence[User]) -> dict[str, SubscriberProfile]:
    """By openid."""
    profiles = cycle(interleave(SUBSCRIBER_PROFILES))
    return {user.openid: profile for user, profile in zip(users, profiles, strict=False)}


def answer(phones: Phones, openid: str, profile: SubscriberProfile) -> int:
    """The user answers, and the mini-program reports the answers. Return the number of stored accepts."""
    results = [phones.popup(openid, SUBSCRIPTION, each, keep=profile.keeps) for each in profile.answers]
    entries = [{"id": str(n), "template_id": SUBSCRIPTION, "result": each} for n, each in enumerate(results)]
    return phones.subscribe(openid, entries) if entries else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionReconciliation:
    """`stored`: accepts. `left`: as the sweep measured it. `summary`, `messages` and `events`: the simulator's."""

    stored: int
    results: Results
    left: int
    summary: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    events: Mapping[str, int]

    def rows(self) -> list[Row]:
        sends, choices = self._sends(), self.summary["choices"]
        accepted = len(sends.accepted) - sends.count_accepted("unknown")
        claimed = sends.count("unknown") - sends.count_accepted("unknown")
        return [
            Row("a subscription campaign to all who accepted", len(self.results)),
            *sends.rows(),
            Row("  accepted by WeChat, but not delivered", None, len(sends.undelivered)),
            Row("subscriptions"),
            Row("  accepts collected", self.stored, choices["accepted"]),
            Row("  spent", sends.count_spent(), accepted),
            Row("  withdrawn in the settings", self._count_withdrawn(sends), choices["voided"]),
            Row("  claimed, outcome unknown", sends.count("unknown")),
            Row("  left in the pool", self.left, self.summary["subscriptions"]["once"] - claimed),
            Row("  events WeChat could not deliver", 0, self.events["given_up"] + self.events["dropped"]),
        ]

    def _sends(self) -> SendComparison:
        ours = [message for message in self.messages if message["template_id"] == SUBSCRIPTION]
        failed = frozenset(message["openid"] for message in ours if message["undelivered"] is not None)
        return SendComparison(self.results, [message["openid"] for message in ours], failed)

    def _count_withdrawn(self, sends: SendComparison) -> int:
        return self.stored - sends.count_spent() - sends.count("unknown") - self.left
