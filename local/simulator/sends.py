"""The two ways to send: by formId, and by subscription. A message is taken whole or refused whole.

Source: templateMessage.send and subscribeMessage.send on developers.weixin.qq.com.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.simulator import events, rules
from local.simulator.answers import OK, Answer, RefusedError
from local.simulator.clock import Clock
from local.simulator.faults import Fault
from local.simulator.ids import Ids
from local.simulator.ledger import Ledger, Message
from local.simulator.permits import FormPermits, Subscriptions
from local.simulator.popups import Tell
from local.simulator.quotas import Window
from local.simulator.settings import Settings
from local.simulator.templates import Templates
from local.simulator.users import Users

EMPHASIS = re.compile(r"keyword\d+\.DATA\Z")
LONGEST_TEMPLATE_ID = 64

FailsLater = Callable[[str], Fault | None]


class Sends:
    """`fails_later`: whether a message to that user, once taken, is not delivered after all."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        users: Users,
        templates: Templates,
        tell: Tell,
        fails_later: FailsLater,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._users = users
        self._templates = templates
        self._tell = tell
        self._fails_later = fails_later
        self._in_flight: set[str] = set()
        self._second = Window(1)
        self.forms = FormPermits(clock)
        self.subscriptions = Subscriptions()
        self.ledger = Ledger()

    @contextmanager
    def in_flight(self, openid: object) -> Iterator[None]:
        """While WeChat works on a subscription message to this user; another to the same user is refused."""
        if not isinstance(openid, str) or openid in self._in_flight:
            yield
            return
        self._in_flight.add(openid)
        try:
            yield
        finally:
            self._in_flight.discard(openid)

    def template(self, fields: dict[str, Any], settings: Settings) -> Answer:
        openid = self._user(fields)
        template, _ = self._templates.find(fields.get("template_id"), "template")
        page = _page(fields, settings)
        data = _free_text(fields)
        form_id = fields.get("form_id")
        permit = self.forms.spend(form_id, openid)
        self.ledger.take(
            Message(
                openid,
                template.template_id,
                "template",
                permit.kind,
                self._clock(),
                page,
                data,
                form_id=form_id,
            )
        )
        return OK

    def subscribe(self, fields: dict[str, Any], settings: Settings) -> Answer:
        openid = self._user(fields)
        if settings.one_at_a_time and openid in self._in_flight:
            raise RefusedError(43108)
        template_id = _template_id(fields)
        template, keys = self._templates.find(template_id, "subscribe")
        page = _page(fields, settings)
        data = fields.get("data")
        rules.check_data(data, keys, template.enums)
        self._check_rate(settings.refuse_above_per_second)
        permit = self.subscriptions.spend(openid, template_id)
        msgid = self._take(openid, template_id, permit, page, data)
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def _check_rate(self, limit: int | None) -> None:
        """RefusedError 43101, as in a burst that WeChat doesn't keep up with, though the user did accept."""
        if limit is not None and self._second.count(self._clock()) > limit:
            raise RefusedError(43101)

    def _take(self, openid: str, template_id: str, permit: str, page: str | None, data: Any) -> int:
        """The msgid of the message, whose result is told of later."""
        msgid = self._ids.msgid()
        fault = self._fails_later(openid)
        undelivered = fault.errcode if fault else None
        self.ledger.take(
            Message(
                openid,
                template_id,
                "subscribe",
                permit,
                self._clock(),
                page,
                data,
                msgid=msgid,
                undelivered=undelivered,
            )
        )
        outcome = (fault.errcode, fault.error_status) if fault else ()
        self._tell(openid, events.SENT, events.result(template_id, msgid, *outcome))
        return msgid

    def _user(self, fields: dict[str, Any]) -> str:
        openid = fields.get("touser")
        if not isinstance(openid, str) or openid not in self._users:
            raise RefusedError(40003)
        return openid


def _template_id(fields: dict[str, Any]) -> str:
    template_id = fields.get("template_id")
    if not isinstance(template_id, str) or not 0 < len(template_id) <= LONGEST_TEMPLATE_ID:
        raise RefusedError(40036)
    return template_id


def _page(fields: dict[str, Any], settings: Settings) -> str | None:
    page = fields.get("page") or None
    if page is None or settings.released_pages is None:
        return page
    if not isinstance(page, str) or page.partition("?")[0] not in settings.released_pages:
        raise RefusedError(41030)
    return page


def _free_text(fields: dict[str, Any]) -> dict[str, Any] | None:
    """A classic template's data: keywords with free text, absent for an empty message."""
    emphasis = fields.get("emphasis_keyword")
    if emphasis and not (isinstance(emphasis, str) and EMPHASIS.match(emphasis)):
        raise RefusedError(40138)
    data = fields.get("data")
    if data is not None and not isinstance(data, dict):
        raise RefusedError(47001)
    return data
