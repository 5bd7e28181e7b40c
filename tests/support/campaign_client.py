"""Who has campaigns made on a running stack, and holds what is said of them to WeChat's own ledger."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from support.running import MakeRun

from local.simulator.client import Control

AT_ONCE = 8
PATIENCE = 90.0
HOUR_MS = 60 * 60 * 1000

type Json = dict[str, Any]


def wait_until[T](look: Callable[[], T], is_so: Callable[[T], object]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, f"it never came to that: {seen}"
        time.sleep(0.05)
    return seen


def mark() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Wish:
    """A campaign as it is asked for. Its template is `mark`, by which the ledger knows its messages."""

    audience: Json
    more: Json = field(default_factory=dict)
    type: str = "template"
    mark: str = field(default_factory=mark)

    @property
    def body(self) -> Json:
        message = {"type": self.type, "template_id": self.mark, "data": {"thing1": {"value": "茶"}}}
        return {"name": self.mark, "message": message, "audience": self.audience, **self.more}


def named(openids: Sequence[str], **more: Any) -> Wish:
    return Wish({"type": "openids", "openids": list(openids)}, more)


@dataclass
class Marketer:
    stack: MakeRun
    wechat: Control

    # ---- users

    def crowd(self, count: int, *, hours: int = 100) -> list[str]:
        """Users with a formId each, good for so many hours."""
        openids = [user.openid for user in self.wechat.add_users(count)]
        expires_at = time.time_ns() // 1_000_000 + hours * HOUR_MS
        taps = self.wechat.tap_all(openids)
        forms = [[{"form_id": tap, "expires_at": expires_at} for tap in taps[openid]] for openid in openids]
        self.hand_over(openids, [{"form_ids": entries} for entries in forms])
        return openids

    def payers(self, count: int) -> list[str]:
        openids = [user.openid for user in self.wechat.add_users(count)]
        payments = [[{"prepay_id": id_} for id_ in self.wechat.pay(openid)] for openid in openids]
        self.hand_over(openids, [{"prepay_ids": entries} for entries in payments])
        return openids

    def subscribers(self, count: int, template_id: str) -> list[str]:
        openids = [user.openid for user in self.wechat.add_users(count)]
        self.wechat.accept(openids, template_id)
        accept = {"template_id": template_id, "result": "accept"}
        self.hand_over(openids, [{"subscriptions": [accept | {"id": openid}]} for openid in openids])
        return openids

    def hand_over(self, openids: Sequence[str], permits: Sequence[Json]) -> None:
        paths = [f"/users/{openid}/permits" for openid in openids]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(self.post, paths, permits))
        assert all(answer.json()["stored"] == 1 for answer in answers)

    def change(self, openid: str, **settings: Any) -> None:
        assert self.call("PATCH", f"/users/{openid}", settings).ok

    def permits(self, openid: str) -> Json:
        return dict(self.call("GET", f"/users/{openid}").json()["permits"])

    # ---- campaigns

    def make(self, wish: Wish) -> str:
        made = self.post("/campaigns", wish.body, {"Idempotency-Key": wish.mark})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def step(self, id_: str, name: str) -> requests.Response:
        return self.call("POST", f"/campaigns/{id_}/{name}")

    def look(self, id_: str) -> Json:
        return dict(self.call("GET", f"/campaigns/{id_}").json())

    def until(self, id_: str, status: str) -> Json:
        """The campaign, once it has that status."""
        return wait_until(lambda: self.look(id_), lambda campaign: campaign["status"] == status)

    def recipients(self, id_: str) -> Iterator[Json]:
        query = ""
        while query is not None:
            page = self.call("GET", f"/campaigns/{id_}/recipients?limit=50{query}").json()
            yield from page["items"]
            query = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    def listed(self, wish: Wish) -> int:
        """How many of the newest campaigns bear its name."""
        items = self.call("GET", "/campaigns?limit=100").json()["items"]
        return sum(campaign["name"] == wish.mark for campaign in items)

    # ---- what came of them

    def messages(self, wish: Wish) -> list[Json]:
        return [message for message in self.wechat.messages() if message["template_id"] == wish.mark]

    def taken(self, wish: Wish) -> list[str]:
        """Who got it, by WeChat's own books, once for each time."""
        return sorted(message["openid"] for message in self.messages(wish))

    def books(self, id_: str, wish: Wish) -> Json:
        """What each recipient's status is; it is held to the counts, and to WeChat's ledger."""
        told = list(self.recipients(id_))
        statuses = {recipient["openid"]: recipient["status"] for recipient in told}
        assert len(statuses) == len(told), "a recipient is told of twice"
        counts = self.look(id_)["counts"]
        by_reason = counts.pop("by_reason")
        assert Counter(statuses.values()) == Counter(counts)
        assert Counter(recipient["reason"] for recipient in told if recipient.get("reason")) == by_reason
        taken = self.taken(wish)
        assert len(set(taken)) == len(taken), "a user was reached twice"
        sent = {openid for openid, status in statuses.items() if status == "sent"}
        assert sent <= set(taken)
        assert {statuses[openid] for openid in set(taken) - sent} <= {"unknown"}
        return statuses

    # ---- HTTP

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
        return self.call("POST", path, body, headers)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        authorization = {"Authorization": f"Bearer {self.stack.operator_key}"}
        with requests.Session() as session:
            url = self.stack.api_url + path
            return session.request(
                method, url, json=body, headers=authorization | (headers or {}), timeout=60
            )
