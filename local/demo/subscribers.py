"""The users of the demo as subscribers: what they answer in the popup, and who turns it off afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from local.demo.back_end import SUBSCRIPTION
from local.demo.crowd import Phones, User, deal
from local.demo.report import Line, Results, Sends


@dataclass(frozen=True, slots=True)
class Manner:
    """What a user answers, popup by popup, and how many of 21 users do so."""

    share: int
    answers: tuple[str, ...] = ()
    keeps: bool = False
    turns_off: bool = False

    @property
    def is_reachable(self) -> bool:
        return "accept" in self.answers and not self.turns_off


MANNERS = (
    Manner(9, ("accept",)),
    Manner(3, ("accept", "accept")),
    Manner(1, ("accept", "accept"), keeps=True),  # "always keep": the second time without a popup
    Manner(1, ("accept", "reject")),
    Manner(3, ("reject",)),
    Manner(2, ("accept",), turns_off=True),
    Manner(2),
)


def take_manners(users: Sequence[User]) -> dict[str, Manner]:
    """By openid."""
    return {user.openid: manner for user, manner in zip(users, cycle(deal(MANNERS)), strict=False)}


def answer(phones: Phones, openid: str, manner: Manner) -> int:
    """The user answers, and the mini-program hands it over: how many accepts were stored."""
    results = [phones.popup(openid, SUBSCRIPTION, each, keep=manner.keeps) for each in manner.answers]
    entries = [{"id": str(n), "template_id": SUBSCRIPTION, "result": each} for n, each in enumerate(results)]
    return phones.subscribe(openid, entries) if entries else 0


@dataclass(frozen=True, slots=True)
class SubscriptionBooks:
    """`stored` accepts; `left` by the sweep's measure; `summary`, `messages` and `events` are the simulator's."""

    stored: int
    results: Results
    left: int
    summary: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    events: Mapping[str, int]

    def lines(self) -> list[Line]:
        sends, choices = self._sends(), self.summary["choices"]
        untouched = sends.count("unknown") - sends.reached("unknown")
        return [
            Line("a subscription campaign to all who accepted", len(self.results)),
            *sends.lines(),
            Line("  taken, and not delivered in the end", None, len(sends.undelivered)),
            Line("subscriptions"),
            Line("  accepts collected", self.stored, choices["accepted"]),
            Line("  spent", sends.spent(), len(sends.taken) - sends.reached("unknown")),
            Line("  void: turned off in the settings", self._withdrawn(sends), choices["voided"]),
            Line("  held back: unknown", sends.count("unknown")),
            Line("  left in the pool", self.left, self.summary["subscriptions"]["once"] - untouched),
            Line("  events that WeChat pushed in vain", 0, self.events["given_up"] + self.events["dropped"]),
        ]

    def _sends(self) -> Sends:
        ours = [message for message in self.messages if message["template_id"] == SUBSCRIPTION]
        failed = frozenset(message["openid"] for message in ours if message["undelivered"] is not None)
        return Sends(self.results, [message["openid"] for message in ours], failed)

    def _withdrawn(self, sends: Sends) -> int:
        return self.stored - sends.spent() - sends.count("unknown") - self.left
