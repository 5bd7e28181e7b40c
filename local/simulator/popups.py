"""What users say about subscriptions: in the popup of wx.requestSubscribeMessage, and in the settings.

Source: wx.requestSubscribeMessage and framework/open-ability/subscribe-message on developers.weixin.qq.com.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from local.simulator import events
from local.simulator.answers import RefusedError
from local.simulator.events import Entry
from local.simulator.permits import Subscriptions
from local.simulator.templates import Template, Templates

MOST = 5
LONG_TERM = 3

Choice = Literal["accept", "reject"]
Tell = Callable[[str, str, tuple[Entry, ...]], None]
"""openid, the event's name, its entries"""

FAILURES = {
    10001: "no template ids",
    20001: "no template data for one of the ids",
    20002: "one-time and long-term templates in one call",
    20003: "too many templates",
}


class AskError(Exception):
    """wx.requestSubscribeMessage fails, without a popup."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class Popups:
    """`counts`: accepts and rejects of popups and kept choices, what was turned off, and the accepts void by it."""

    def __init__(self, templates: Templates, subscriptions: Subscriptions, tell: Tell) -> None:
        self._templates = templates
        self._subscriptions = subscriptions
        self._tell = tell
        self._kept: dict[tuple[str, str], Choice] = {}
        self.counts = Counter(accepted=0, rejected=0, turned_off=0, voided=0)

    def request(
        self, openid: str, choices: Mapping[str, Choice], *, keep: bool, push_kept: bool
    ) -> dict[str, Any]:
        """What wx.requestSubscribeMessage answers.

        `choices`: what the user would choose, by template id. `keep`: "always keep" is ticked. `push_kept`:
        whether a choice kept from before is told of, too.
        """
        try:
            templates = self._check(list(choices))
        except AskError as error:
            errmsg = f"requestSubscribeMessage:fail {FAILURES[error.errcode]}"
            return {"errMsg": errmsg, "errCode": error.errcode}
        filtered = _same_titles(templates)
        asked = [template for template in templates if template.template_id not in filtered]
        shown = [t.template_id for t in asked if (openid, t.template_id) not in self._kept]
        made = {t.template_id: self._choose(openid, t, choices[t.template_id], keep=keep) for t in asked}
        told = [(id_, choice) for id_, choice in made.items() if push_kept or id_ in shown]
        if told:
            self._tell(openid, events.POPUP, events.choices(told))
        return {"errMsg": "requestSubscribeMessage:ok", **made, **dict.fromkeys(filtered, "filter")}

    def accept(self, openid: str, template_id: str, count: int = 1, *, long_term: bool = False) -> None:
        """In so many popups, whatever was kept before."""
        self._kept.pop((openid, template_id), None)
        entries = events.choices([(template_id, "accept")])
        for _ in range(count):
            self._tell(openid, events.POPUP, entries)
        self._give(openid, template_id, count, long_term=long_term)

    def turn_off(self, openid: str, template_id: str) -> None:
        """In the settings: what was accepted is void, and no popup comes until it is turned on again."""
        self._kept[openid, template_id] = "reject"
        self.counts["turned_off"] += 1
        self.counts["voided"] += self._subscriptions.reject(openid, template_id)
        self._tell(openid, events.CHANGE, events.turned_off(template_id))

    def turn_on(self, openid: str, template_id: str) -> None:
        """In the settings: from now on each call is an accept, without a popup. WeChat pushes nothing."""
        self._kept[openid, template_id] = "accept"

    def _check(self, template_ids: list[str]) -> list[Template]:
        if not template_ids:
            raise AskError(10001)
        if len(template_ids) > MOST:
            raise AskError(20003)
        try:
            templates = [self._templates.find(id_, "subscribe")[0] for id_ in template_ids]
        except RefusedError:
            raise AskError(20001) from None
        if len({template.type for template in templates}) > 1:
            raise AskError(20002)
        return templates

    def _choose(self, openid: str, template: Template, choice: Choice, *, keep: bool) -> Choice:
        key = (openid, template.template_id)
        chosen = self._kept.get(key, choice)
        if keep:
            self._kept[key] = chosen
        if chosen == "reject":
            self.counts["rejected"] += 1
        else:
            self._give(openid, template.template_id, 1, long_term=template.type == LONG_TERM)
        return chosen

    def _give(self, openid: str, template_id: str, count: int, *, long_term: bool) -> None:
        self.counts["accepted"] += count
        if long_term:
            self._subscriptions.accept_long_term(openid, template_id)
        else:
            self._subscriptions.accept(openid, template_id, count)


def _same_titles(templates: list[Template]) -> list[str]:
    """Those whose title another one before them has."""
    titles: set[str] = set()
    repeated = []
    for template in templates:
        if template.title and template.title in titles:
            repeated.append(template.template_id)
        titles.add(template.title)
    return repeated
