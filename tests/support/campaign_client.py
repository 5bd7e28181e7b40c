"""A back end's client of a running stack: creates campaigns and reconciles them with WeChat's ledger."""

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

CALLERS = 8
WAIT_SECONDS = 90.0
HOUR_MS = 60 * 60 * 1000

type Json = dict[str, Any]


def wait_until[T](look: Callable[[], T], is_so: Callable[[T], object]) -> T:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, f"still so after {WAIT_SECONDS:.0f} s: {seen}"
        time.sleep(0.05)
    return seen


def unique_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class CampaignRequest:
    """A campaign to create. Its messages are found in WeChat's ledger by a template id of its own."""

    audience: Json
    options: Json = field(default_factory=dict)
    type: str = "template"
    template_id: str = field(default_factory=unique_id)

    @property
    def body(self) -> Json:
        message = {"type": self.type, "template_id": self.template_id, "data": {"thing1": {"value": "茶"}}}
        return {"name": self.template_id, "message": message, "audience": self.audience, **self.options}


def to_openids(openids: Sequence[str], **options: Any) -> CampaignRequest:
    return CampaignRequest({"type": "openids", "openids": list(openids)}, options)


@dataclass
class CampaignClient:
    stack: MakeRun
    wechat: Control

    # ---- users

    def form_holders(self, count: int, *, hours: int = 100) -> list[str]:
        """Users with one formId each that expires after `hours`; returns their openids."""
        openids = [user.openid for user in self.wechat.add_users(count)]
        expires_at = time.time_ns() // 1_000_000 + hours * HOUR_MS
        taps = self.wechat.tap_all(openids)
        forms = [[{"form_id": tap, "expires_at": expires_at} for tap in taps[openid]] for openid in openids]
        self.report_permits(openids, [{"form_ids": entries} for entries in forms])
        return openids

    def payers(self, count: int) -> list[str]:
        openids = [user.openid for user in self.wechat.add_users(count)]
        payments = [[{"prepay_id": id_} for id_ in self.wechat.pay(openid)] for openid in openids]
        self.report_permits(openids, [{"prepay_ids": entries} for entries in payments])
        return openids

    def subscribers(self, count: int, template_id: str) -> list[str]:
        openids = [user.openid for user in self.wechat.add_users(count)]
        self.wechat.accept(openids, template_id)
        accept = {"template_id": template_id, "result": "accept"}
        self.report_permits(openids, [{"subscriptions": [accept | {"id": openid}]} for openid in openids])
        return openids

    def report_permits(self, openids: Sequence[str], permits: Sequence[Json]) -> None:
        paths = [f"/users/{openid}/permits" for openid in openids]
        with ThreadPoolExecutor(CALLERS) as pool:
            answers = list(pool.map(self.post, paths, permits))
        assert all(answer.json()["stored"] == 1 for answer in answers)

    def change(self, openid: str, **settings: Any) -> None:
        assert self.call("PATCH", f"/users/{openid}", settings).ok

    def tag(self, openids: Sequence[str], tag: str) -> None:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda openid: self.change(openid, tags=[tag]), openids))

    def permits(self, openid: str) -> Json:
        return dict(self.call("GET", f"/users/{openid}").json()["permits"])

    # ---- campaigns

    def create(self, request: CampaignRequest) -> str:
        made = self.post("/campaigns", request.body, {"Idempotency-Key": request.template_id})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def step(self, id_: str, name: str) -> requests.Response:
        return self.call("POST", f"/campaigns/{id_}/{name}")

    def read(self, id_: str) -> Json:
        return dict(self.call("GET", f"/campaigns/{id_}").json())

    def until(self, id_: str, status: str) -> Json:
        """Wait for the status; returns the campaign."""
        return wait_until(lambda: self.read(id_), lambda campaign: campaign["status"] == status)

    def recipients(self, id_: str) -> Iterator[Json]:
        query = ""
        while query is not None:
            page = self.call("GET", f"/campaigns/{id_}/recipients?limit=50{query}").json()
            yield from page["items"]
            query = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    def count_listed(self, request: CampaignRequest) -> int:
        """How many of the newest campaigns have its name."""
        items = self.call("GET", "/campaigns?limit=100").json()["items"]
        return sum(campaign["name"] == request.template_id for campaign in items)

    # ---- results

    def messages(self, request: CampaignRequest) -> list[Json]:
        return [
            message for message in self.wechat.messages() if message["template_id"] == request.template_id
        ]

    def reached(self, request: CampaignRequest) -> list[str]:
        """The openids that got its message according to WeChat, one entry a message."""
        return sorted(message["openid"] for message in self.messages(request))

    def reconciled_statuses(self, id_: str, request: CampaignRequest) -> Json:
        """Each recipient's status, reconciled with the campaign's counts, its timeline and WeChat's ledger."""
        entries = list(self.recipients(id_))
        statuses = {recipient["openid"]: recipient["status"] for recipient in entries}
        assert len(statuses) == len(entries), "a recipient is listed twice"
        counts = self.read(id_)["counts"]
        by_reason = counts.pop("by_reason")
        assert Counter(statuses.values()) == Counter(counts)
        assert Counter(recipient["reason"] for recipient in entries if recipient.get("reason")) == by_reason
        timeline = self.call("GET", f"/campaigns/{id_}/timeline?step=86400").json()["items"]
        assert sum(minute[status] for minute in timeline for status in counts) == len(entries)
        reached = self.reached(request)
        assert len(set(reached)) == len(reached), "a user was reached twice"
        sent = {openid for openid, status in statuses.items() if status == "sent"}
        assert sent <= set(reached)
        assert {statuses[openid] for openid in set(reached) - sent} <= {"unknown"}
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
