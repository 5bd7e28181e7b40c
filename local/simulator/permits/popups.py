"""The user's choices about subscriptions: in the popup of wx.requestSubscribeMessage, and in WeChat's settings.

Source: wx.requestSubscribeMessage and framework/open-ability/subscribe-message on developers.weixin.qq.com.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from local.simulator.account.templates import LONG_TERM, Template, Templates
from local.simulator.answers import ErrcodeError
from local.simulator.permits.subscriptions import Subscriptions
from local.simulator.pushes import events
from local.simulator.pushes.events import EmitEvent

MOST_TEMPLATES = 5

Choice = Literal["accept", "reject"]

FAILURES = {
    10001: "no template ids",
    20001: "no template data for one of the ids",
    20002: "one-time and long-term templates in one call",
    20003: "too many templates",
}


class PopupError(Exception):
    """wx.requestSubscribeMessage fails and shows no popup."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


class Popups:
    """`counts`: accepts and rejects, of popups and of kept choices; templates turned off; accepts voided by that."""

    def __init__(self, templates: Templates, subscriptions: Subscriptions, emit: EmitEvent) -> None:
        self._templates = templates
        self._subscriptions = subscriptions
        self._emit = emit
        self._kept: dict[tuple[str, str], Choice] = {}
        self.counts = Counter(accepted=0, rejected=0, turned_off=0, voided=0)

    def request(
        self, openid: str, choices: Mapping[str, Choice], *, keep: bool, push_kept: bool
    ) -> dict[str, Any]:
        """Return the result of wx.requestSubscribeMessage.

        `choices`: the user's choice for each template id. `keep`: the user ticks "always keep". `push_kept`: also
        push choices that were kept before.
        """
        try:
            templates = self._check(list(choices))
        except PopupError as error:
            errmsg = f"requestSubscribeMessage:fail {FAILURES[error.errcode]}"
            return {"errMsg": errmsg, "errCode": error.errcode}
        filtered = _repeated_titles(templates)
        asked = [template for template in templates if template.template_id not in filtered]
        shown = [t.template_id for t in asked if (openid, t.template_id) not in self._kept]
        chosen = {t.template_id: self._choose(openid, t, choices[t.template_id], keep=keep) for t in asked}
        pushed = [(id_, choice) for id_, choice in chosen.items() if push_kept or id_ in shown]
        if pushed:
            self._emit(openid, events.POPUP, events.choices(pushed))
        return {"errMsg": "requestSubscribeMessage:ok", **chosen, **dict.fromkeys(filtered, "filter")}

    def accept(self, openid: str, template_id: str, count: int = 1, *, long_term: bool = False) -> None:
        """Accept in `count` popups. This ends a kept choice."""
        self._kept.pop((openid, template_id), None)
        entries = events.choices([(template_id, "accept")])
        for _ in range(count):
            self._emit(openid, events.POPUP, entries)
        self._give(openid, template_id, count, long_term=long_term)

    def turn_off(self, openid: str, template_id: str) -> None:
        """Turn the template off in the settings: void all accepts, and show no popup until it is turned on."""
        self._kept[openid, template_id] = "reject"
        self.counts["turned_off"] += 1
        self.counts["voided"] += self._subscriptions.turn_off(openid, template_id)
        self._emit(openid, events.CHANGE, events.turned_off(template_id))

    def turn_on(self, openid: str, template_id: str) -> None:
        """Turn the template on in the settings: each later call accepts without a popup. WeChat pushes no event."""
        self._kept[openid, template_id] = "accept"

    def _check(self, template_ids: list[str]) -> list[Template]:
        if not template_ids:
            raise PopupError(10001)
        if len(template_ids) > MOST_TEMPLATES:
            raise PopupError(20003)
        try:
            templates = [self._templates.find(id_, "subscribe")[0] for id_ in template_ids]
        except ErrcodeError:
            raise PopupError(20001) from None
        if len({template.type for template in templates}) > 1:
            raise PopupError(20002)
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


def _repeated_titles(templates: list[Template]) -> list[str]:
    """The ids of templates whose title an earlier template has."""
    titles: set[str] = set()
    repeated = []
    for template in templates:
        if template.title and template.title in titles:
            repeated.append(template.template_id)
        titles.add(template.title)
    return repeated
