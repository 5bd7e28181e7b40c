"""A client of the control API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

import requests

from local.simulator.control.operations import PREFIX

Json = dict[str, Any]
TIMEOUT = 60
SETTLE_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    js_code: str


class Control:
    """Each method calls one endpoint of docs/simulator.md. requests.HTTPError: the simulator refuses the call.

    `ca`: the file of the CA that a simulator with HTTPS announces.
    """

    def __init__(self, url: str, ca: str = "") -> None:
        self._url = url.rstrip("/") + PREFIX
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca or True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def add_user(self, openid: str | None = None, *, high_risk: bool = False) -> User:
        """That user, created if necessary, with a new js_code."""
        body = {"high_risk": high_risk} | ({"openid": openid} if openid else {})
        return User(**self._call("POST", "users", body))

    def add_users(self, count: int) -> list[User]:
        return [User(**user) for user in self._call("POST", "users", {"count": count})["users"]]

    def tap(self, openid: str, count: int = 1) -> list[str]:
        """Submit a form `count` times. Return the formIds."""
        return list(self._call("POST", "taps", {"openid": openid, "count": count})["form_ids"])

    def tap_all(self, openids: Sequence[str], count: int = 1) -> dict[str, list[str]]:
        return dict(self._call("POST", "taps", {"openids": [*openids], "count": count})["form_ids"])

    def pay(self, openid: str, count: int = 1) -> list[str]:
        """Pay `count` times. Return the prepay_ids."""
        return list(self._call("POST", "payments", {"openid": openid, "count": count})["prepay_ids"])

    def accept(self, openids: str | Sequence[str], template_id: str, count: int = 1) -> None:
        self._subscribe(openids, {"template_id": template_id, "count": count})

    def accept_long_term(self, openids: str | Sequence[str], template_id: str) -> None:
        self._subscribe(openids, {"template_id": template_id, "long_term": True})

    def reject(self, openids: str | Sequence[str], template_id: str) -> None:
        self._subscribe(openids, {"template_id": template_id, "result": "reject"})

    def turn_on(self, openids: str | Sequence[str], template_id: str) -> None:
        self._subscribe(openids, {"template_id": template_id, "result": "turn_on"})

    def follow(self, openids: str | Sequence[str]) -> dict[str, str]:
        """Mini-program users follow the official account. Return the openids that they have there."""
        users = [openids] if isinstance(openids, str) else [*openids]
        return dict(self._call("POST", "follows", {"openids": users})["followers"])

    def add_followers(self, count: int) -> list[str]:
        """Followers who never opened the mini-program. Return their openids in the official account."""
        return list(self._call("POST", "follows", {"count": count})["strangers"])

    def unfollow(self, openids: str | Sequence[str]) -> None:
        """`openids`: of the mini-program."""
        users = [openids] if isinstance(openids, str) else [*openids]
        self._call("POST", "unfollows", {"openids": users})

    def scan(self, openid: str, scene: str = "") -> None:
        """A follower scans a QR code of the official account. `openid`: of the mini-program."""
        self._call("POST", "scans", {"openid": openid, "scene": scene})

    def popup(self, openid: str, choices: Mapping[str, str], *, keep: bool = False) -> Json:
        """The result of wx.requestSubscribeMessage: `errMsg`, and each template's result or an `errCode`."""
        return self._call("POST", "popups", {"openid": openid, "choices": dict(choices), "keep": keep})

    def register_template(self, template_id: str, content: str = "", **fields: Any) -> None:
        self._call("POST", "templates", {"template_id": template_id, "content": content, **fields})

    def advance(self, seconds: float) -> float:
        """Move the clock forward. Return the new time."""
        return float(self._call("POST", "clock/advance", {"seconds": seconds})["now"])

    def set_clock(self, offset: float) -> float:
        return float(self._call("PUT", "clock", {"offset": offset})["now"])

    def revoke_tokens(self, access_token: str | None = None) -> int:
        return int(self._call("POST", "tokens/revoke", {"access_token": access_token})["revoked"])

    def settings(self) -> Json:
        return self._call("GET", "settings")

    def configure(self, **settings: Any) -> Json:
        """Change some settings. Return all settings."""
        return self._call("PUT", "settings", settings)

    def fault(self, action: str, **fields: Any) -> int:
        """Arm one fault. Return its id."""
        return int(self._call("POST", "faults", {"action": action, **fields})["ids"][0])

    def faults(self) -> list[Json]:
        return list(self._call("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def reset(self) -> None:
        self._call("POST", "reset")

    def push(self, **wanted: Any) -> Json:
        """Push one event to any callback.

        `wanted`: `url`, `token`, `encoding_aes_key`, `format`, `mode`, `openid`, `event`, `entries`.
        """
        return self._call("POST", "pushes", wanted)

    def pushes(self, openid: str | None = None, page: int = 1000) -> Iterator[Json]:
        """The last 10,000 events, pushed or waiting, in order."""
        for answer in self._pages("pushes", openid, page):
            yield from answer["pushes"]

    def settle(self, seconds: float = SETTLE_TIMEOUT) -> Json:
        """Wait until no event is waiting. Return the counts `delivered`, `given_up`, `dropped` and `waiting`."""
        deadline = monotonic() + seconds
        while True:
            wait = max(0, min(deadline - monotonic(), TIMEOUT / 2))
            counts: Json = self._call("GET", "pushes", query={"wait": wait, "limit": 1})["counts"]
            if not counts["waiting"]:
                return counts
            if monotonic() >= deadline:
                raise TimeoutError(f"{counts['waiting']} events are still to be pushed after {seconds} s")

    def messages(self, openid: str | None = None, page: int = 1000) -> Iterator[Json]:
        """Every message that WeChat accepted, in order."""
        for answer in self._pages("ledger", openid, page):
            yield from answer["messages"]

    def summary(self) -> Json:
        return self._call("GET", "ledger/summary")

    def _pages(self, name: str, openid: str | None, limit: int) -> Iterator[Json]:
        cursor: int | None = 0
        while cursor is not None:
            answer = self._call("GET", name, query={"limit": limit, "openid": openid, "cursor": cursor})
            yield answer
            cursor = answer["next_cursor"]

    def _subscribe(self, openids: str | Sequence[str], body: Json) -> None:
        users = [openids] if isinstance(openids, str) else [*openids]
        self._call("POST", "subscriptions", {"openids": users, **body})

    def _call(self, method: str, name: str, body: Any = None, query: Json | None = None) -> Json:
        answer = self._session.request(method, self._url + name, json=body, params=query, timeout=TIMEOUT)
        if not answer.ok:
            raise requests.HTTPError(answer.text, response=answer)
        return dict(answer.json())
