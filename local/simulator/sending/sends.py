"""The two send endpoints: by formId, and by subscription. WeChat accepts or refuses a message as a whole.

Source: templateMessage.send and subscribeMessage.send on developers.weixin.qq.com.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import Window
from local.simulator.account.templates import Templates
from local.simulator.account.users import Users
from local.simulator.answers import OK, Answer, ErrcodeError
from local.simulator.faults import Fault
from local.simulator.permits.form_permits import FormPermits
from local.simulator.permits.subscriptions import Subscriptions
from local.simulator.pushes import events
from local.simulator.pushes.events import EmitEvent
from local.simulator.sending.field_rules import check_data
from local.simulator.sending.ledger import Ledger, Message
from local.simulator.settings import SimulatorSettings

EMPHASIS = re.compile(r"keyword\d+\.DATA\Z")
LONGEST_TEMPLATE_ID = 64

DeliveryFault = Callable[[str], Fault | None]


class Sends:
    """`delivery_fault`: by openid, the fault that ends the delivery of a message after WeChat accepted it."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        users: Users,
        templates: Templates,
        emit: EmitEvent,
        delivery_fault: DeliveryFault,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._users = users
        self._templates = templates
        self._emit = emit
        self._delivery_fault = delivery_fault
        self._in_flight: set[str] = set()
        self._second = Window(1)
        self.forms = FormPermits(clock)
        self.subscriptions = Subscriptions()
        self.ledger = Ledger()

    @contextmanager
    def in_flight(self, openid: object) -> Iterator[None]:
        """While a subscription message to this user is in progress, another one is refused with 43108."""
        if not isinstance(openid, str) or openid in self._in_flight:
            yield
            return
        self._in_flight.add(openid)
        try:
            yield
        finally:
            self._in_flight.discard(openid)

    def template(self, fields: dict[str, Any], settings: SimulatorSettings) -> Answer:
        openid = self._user(fields)
        template, _ = self._templates.find(fields.get("template_id"), "template")
        page = _page(fields, settings)
        data = _free_text(fields)
        form_id = fields.get("form_id")
        permit = self.forms.spend(form_id, openid, settings.prepay_id_delay)
        message = Message(
            openid=openid,
            template_id=template.template_id,
            kind="template",
            permit=permit.kind,
            at=self._clock(),
            page=page,
            data=data,
            form_id=form_id,
        )
        self.ledger.record(message)
        return OK

    def subscribe(self, fields: dict[str, Any], settings: SimulatorSettings) -> Answer:
        openid = self._user(fields)
        if settings.one_at_a_time and openid in self._in_flight:
            raise ErrcodeError(43108)
        template_id = _template_id(fields)
        template, keys = self._templates.find(template_id, "subscribe")
        page = _page(fields, settings)
        data = fields.get("data")
        check_data(data, keys, template.enums)
        self._check_rate(settings.refuse_above_per_second)
        permit = self.subscriptions.spend(openid, template_id)
        msgid = self._accept(openid, template_id, permit, page, data)
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def _check_rate(self, limit: int | None) -> None:
        """ErrcodeError 43101 above the rate, although the user accepted."""
        if limit is not None and self._second.count(self._clock()) > limit:
            raise ErrcodeError(43101)

    def _accept(self, openid: str, template_id: str, permit: str, page: str | None, data: Any) -> int:
        """Record the message and emit its delivery report. Return its msgid."""
        msgid = self._ids.msgid()
        fault = self._delivery_fault(openid)
        message = Message(
            openid=openid,
            template_id=template_id,
            kind="subscribe",
            permit=permit,
            at=self._clock(),
            page=page,
            data=data,
            msgid=msgid,
            undelivered=fault.errcode if fault else None,
        )
        self.ledger.record(message)
        outcome = (fault.errcode, fault.error_status) if fault else ()
        self._emit(openid, events.SENT, events.result(template_id, msgid, *outcome))
        return msgid

    def _user(self, fields: dict[str, Any]) -> str:
        openid = fields.get("touser")
        if not isinstance(openid, str) or openid not in self._users:
            raise ErrcodeError(40003)
        return openid


def _template_id(fields: dict[str, Any]) -> str:
    template_id = fields.get("template_id")
    if not isinstance(template_id, str) or not 0 < len(template_id) <= LONGEST_TEMPLATE_ID:
        raise ErrcodeError(40036)
    return template_id


def _page(fields: dict[str, Any], settings: SimulatorSettings) -> str | None:
    page = fields.get("page") or None
    if page is None or settings.released_pages is None:
        return page
    if not isinstance(page, str) or page.partition("?")[0] not in settings.released_pages:
        raise ErrcodeError(41030)
    return page


def _free_text(fields: dict[str, Any]) -> dict[str, Any] | None:
    """The data of a template message: keywords with free text, or None for an empty message."""
    emphasis = fields.get("emphasis_keyword")
    if emphasis and not (isinstance(emphasis, str) and EMPHASIS.match(emphasis)):
        raise ErrcodeError(40138)
    data = fields.get("data")
    if data is not None and not isinstance(data, dict):
        raise ErrcodeError(47001)
    return data
