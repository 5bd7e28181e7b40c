"""The demo's back end, which calls minipush."""

from collections.abc import Iterator, Sequence
from typing import Any

from local.demo.api import Api

DIRECT, CAMPAIGN, SUBSCRIPTION = "DIRECT", "CAMPAIGN", "SUBSCRIPTION"
"""The template of each message, which identifies it in WeChat's ledger."""

type Result = dict[str, Any]
type Message = dict[str, Any]


def message(template_id: str) -> Message:
    return {
        "type": "template",
        "template_id": template_id,
        "page": "pages/index",
        "keywords": ["你好", "2026-11-20"],
    }


def subscription() -> Message:
    data = {"thing1": {"value": "你好"}, "date2": {"value": "2026-11-20"}}
    return {"type": "subscribe", "template_id": SUBSCRIPTION, "page": "pages/index", "data": data}


def _to_all(message: Message) -> dict[str, Any]:
    return {"name": "demo", "message": message, "audience": {"type": "all"}}


class BackEnd:
    def __init__(self, api: Api) -> None:
        self._call = api.operator

    def send(self, touser: Sequence[str]) -> list[Result]:
        body = {**message(DIRECT), "touser": touser}
        results: list[Result] = self._call("POST", "/messages", body, key=f"demo to {touser[0]}")["results"]
        return results

    def count_holders(self, message: Message) -> int:
        """The number of users with a permit for the message, opted out or not, from a dry run."""
        plan = self._call("POST", "/campaigns", _to_all(message) | {"dry_run": True})
        return int(plan["recipients"] + sum(plan["left_out"].values()))

    def create_campaign(self, message: Message, max_per_second: int) -> str:
        """Create a campaign to all users with a permit for the message. Return its id."""
        key = f"demo to all: {message['template_id']}"
        body = _to_all(message) | {"max_per_second": max_per_second}
        created = self._call("POST", "/campaigns", body, key=key)
        return str(created["id"])

    def campaign(self, id_: str) -> dict[str, Any]:
        campaign: dict[str, Any] = self._call("GET", f"/campaigns/{id_}")
        return campaign

    def recipients(self, id_: str) -> Iterator[Result]:
        cursor = ""
        while cursor is not None:
            query = f"limit=1000&cursor={cursor}" if cursor else "limit=1000"
            page = self._call("GET", f"/campaigns/{id_}/recipients?{query}")
            yield from page["items"]
            cursor = page["next_cursor"]
