"""The mini-program on the users' phones: it calls minipush, and the simulator for what WeChat does on a phone."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from local.demo.population import WEEK_MS, User
from local.simulator.client import Control

MOCK = "the formId is a mock one"
SENDS_OF_A_PREPAY_ID = 3
TIMEOUT = 60


@dataclass(slots=True)
class CollectResult:
    """The result of the reported permits. `sends` counts a prepay_id three times. `rejected` is by reason."""

    sends: int = 0
    stored: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, other: "CollectResult") -> None:
        self.sends += other.sends
        self.stored += other.stored
        self.rejected += other.rejected


class Phones(threading.local):
    """Each thread has its own connections to minipush and to WeChat. `tokens`: all users' sessions, by openid."""

    def __init__(self, api_url: str, control: Callable[[], Control], tokens: dict[str, str]) -> None:
        self._api_url = api_url
        self._tokens = tokens
        self._control = control()
        self._session = requests.Session()
        self._session.trust_env = False

    def use(self, user: User) -> CollectResult:
        """Log in, submit forms, pay and report the permits. Some users then opt out."""
        token = self.session(user.openid)
        collected = CollectResult()
        given = list(self._entries(user))
        if given:
            collected = self._report(given, token)
        if user.profile.opts_out:
            self._call("PUT", "/me", {"opt_out": True}, token)
        return collected

    def popup(self, openid: str, template_id: str, choice: str, *, keep: bool) -> str:
        """The template's result in wx.requestSubscribeMessage."""
        return str(self._control.popup(openid, {template_id: choice}, keep=keep)[template_id])

    def subscribe(self, openid: str, entries: list[dict[str, Any]]) -> int:
        """Report the answers to popups. Return the number of stored accepts."""
        answer = self._call("POST", "/collect", {"subscriptions": entries}, self.session(openid))
        return int(answer["stored"])

    def session(self, openid: str) -> str:
        """The user's session. It begins with the first call."""
        if openid not in self._tokens:
            code = self._control.add_user(openid).js_code
            self._tokens[openid] = self._call("POST", "/session", {"code": code})["token"]
        return self._tokens[openid]

    def _entries(self, user: User) -> Iterator[dict[str, Any]]:
        profile = user.profile
        now = time.time_ns() // 1_000_000
        for form_id in user.old_form_ids:
            yield {"form_id": form_id} | ({"expires_at": now - 60_000} if profile.has_expiry else {})
        if profile.mock:
            yield {"form_id": MOCK, "expires_at": now + WEEK_MS}
        if profile.taps:
            for form_id in self._control.tap(user.openid, profile.taps):
                yield {"form_id": form_id, "expires_at": now + WEEK_MS}
        if profile.payments:
            for prepay_id in self._control.pay(user.openid, profile.payments):
                yield {"prepay_id": prepay_id}

    def _report(self, entries: list[dict[str, Any]], token: str) -> CollectResult:
        by_list = {
            f"{kind}s": [entry for entry in entries if kind in entry] for kind in ("form_id", "prepay_id")
        }
        answer = self._call("POST", "/collect", by_list, token)
        rejected = Counter(entry["pointer"].split("/")[1] for entry in answer["rejected"])
        stored = {name: len(given) - rejected[name] for name, given in by_list.items()}
        return CollectResult(
            stored["form_ids"] + SENDS_OF_A_PREPAY_ID * stored["prepay_ids"],
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
