"""The users of the demo: who taps, who pays, whose ids are no good, and who wants no messages."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, Protocol

import requests

from local.simulator.client import Control

WEEK_MS = 7 * 24 * 60 * 60 * 1000
MOCK = "the formId is a mock one"
SENDS_OF_A_PREPAY_ID = 3
TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Habit:
    """What a user does, and how many of 40 users do so. An old tap lies more than a week back."""

    share: int
    taps: int = 0
    payments: int = 0
    old_taps: int = 0
    stamped: bool = True
    mock: bool = False
    opts_out: bool = False


HABITS = (
    Habit(18, taps=2),
    Habit(6, taps=3),
    Habit(3, taps=1),
    Habit(2, payments=1),
    Habit(2, payments=1, taps=1),
    Habit(1, taps=1, mock=True),  # tried out in the developer tools, then on a phone
    Habit(1, mock=True),
    Habit(1, old_taps=1, taps=1),  # an old id that says so; refused at the door
    Habit(2, old_taps=1, stamped=False),  # an old id that doesn't; WeChat refuses it
    Habit(2, taps=1, opts_out=True),
    Habit(2),
)


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    habit: Habit
    old_form_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class CollectResult:
    """What became of the permits that users handed over; `sends` counts a prepay_id three times."""

    sends: int = 0
    stored: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, other: "CollectResult") -> None:
        self.sends += other.sends
        self.stored += other.stored
        self.rejected += other.rejected


def gather(control: Control, count: int) -> list[User]:
    """That many users, and their old taps: WeChat's clock is a good week behind while they are made."""
    openids = [user.openid for user in control.add_users(count)]
    habits = dict(zip(openids, cycle(deal(HABITS)), strict=False))
    early = [openid for openid, habit in habits.items() if habit.old_taps]
    control.set_clock(-WEEK_MS / 1000 - 60)
    old = control.tap_all(early) if early else {}
    control.set_clock(0)
    return [User(openid, habit, tuple(old.get(openid, ()))) for openid, habit in habits.items()]


class Shared(Protocol):
    @property
    def share(self) -> int: ...


def deal[S: Shared](kinds: Sequence[S]) -> list[S]:
    """Dealt out in turn, so that a small crowd has a bit of everything."""
    hands = [[kind] * kind.share for kind in kinds]
    most = max(map(len, hands))
    return [kind for n in range(most) for hand in hands for kind in islice(hand, n, n + 1)]


class Phones(threading.local):
    """Each thread's own connections to the API and to WeChat. `tokens` are all users' sessions, by openid."""

    def __init__(self, api_url: str, wechat_url: str, tokens: dict[str, str]) -> None:
        self._api_url = api_url
        self._tokens = tokens
        self._control = Control(wechat_url)
        self._session = requests.Session()
        self._session.trust_env = False

    def live(self, user: User) -> CollectResult:
        """Log in, tap, pay, hand it all over; some then say that they want no messages."""
        code = self._control.add_user(user.openid).js_code
        token = self._tokens[user.openid] = self._call("POST", "/session", {"code": code})["token"]
        collected = CollectResult()
        given = list(self._entries(user))
        if given:
            collected = self._hand_over(given, token)
        if user.habit.opts_out:
            self._call("PATCH", "/me", {"opt_out": True}, token)
        return collected

    def popup(self, openid: str, template_id: str, choice: str, *, keep: bool) -> str:
        """The template's result, as wx.requestSubscribeMessage tells it."""
        return str(self._control.popup(openid, {template_id: choice}, keep=keep)[template_id])

    def subscribe(self, openid: str, entries: list[dict[str, Any]]) -> int:
        """Hand over what the popups told: how many accepts were stored."""
        answer = self._call("POST", "/collect", {"subscriptions": entries}, self._tokens[openid])
        return int(answer["stored"])

    def _entries(self, user: User) -> Iterator[dict[str, Any]]:
        habit = user.habit
        now = time.time_ns() // 1_000_000
        for form_id in user.old_form_ids:
            yield {"form_id": form_id} | ({"expires_at": now - 60_000} if habit.stamped else {})
        if habit.mock:
            yield {"form_id": MOCK, "expires_at": now + WEEK_MS}
        if habit.taps:
            for form_id in self._control.tap(user.openid, habit.taps):
                yield {"form_id": form_id, "expires_at": now + WEEK_MS}
        if habit.payments:
            for prepay_id in self._control.pay(user.openid, habit.payments):
                yield {"prepay_id": prepay_id}

    def _hand_over(self, entries: list[dict[str, Any]], token: str) -> CollectResult:
        by_list = {
            f"{kind}s": [entry for entry in entries if kind in entry] for kind in ("form_id", "prepay_id")
        }
        answer = self._call("POST", "/collect", by_list, token)
        refused = Counter(entry["pointer"].split("/")[1] for entry in answer["rejected"])
        kept = {name: len(given) - refused[name] for name, given in by_list.items()}
        return CollectResult(
            kept["form_ids"] + SENDS_OF_A_PREPAY_ID * kept["prepay_ids"],
            answer["stored"],
            Counter(entry["reason"] for entry in answer["rejected"]),
        )

    def _call(self, method: str, path: str, body: dict[str, Any], token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._session.request(
            method, self._api_url + path, json=body, headers=headers, timeout=TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()
