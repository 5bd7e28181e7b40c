"""The template messages of the official account.

Source: doc/service/api/notify/template/api_sendtemplatemessage on developers.weixin.qq.com. The page promises that one
message goes out for each user and client_msg_id within ten minutes. It doesn't say what a repeat is answered, so the
answer is a setting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import Window
from local.simulator.account.templates import Templates
from local.simulator.answers import Answer, ErrcodeError
from local.simulator.faults import Fault
from local.simulator.official.followers import Follower, Followers
from local.simulator.sending.field_rules import check_data
from local.simulator.sending.ledger import Ledger, Message
from local.simulator.settings import SimulatorSettings

REMEMBERED_SECONDS: Final = 10 * 60
MINUTE: Final = 60
LONGEST_CLIENT_MSG_ID: Final = 32

type Finish = Callable[[str, int, str], None]
"""Emits TEMPLATESENDJOBFINISH: openid, msgid, status."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """`until`: simulated seconds since the epoch."""

    msgid: int
    until: float


class TemplateSends:
    """`delivery_fault`: by openid, the fault that ends the delivery of a message after WeChat accepted it."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        followers: Followers,
        templates: Templates,
        ledger: Ledger,
        finish: Finish,
        delivery_fault: Callable[[str], Fault | None],
        mini_program: str,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._followers = followers
        self._templates = templates
        self._ledger = ledger
        self._finish = finish
        self._delivery_fault = delivery_fault
        self._mini_program = mini_program
        self._remembered: dict[tuple[str, str], Remembered] = {}
        self._minutes: dict[str, Window] = {}

    def send(self, fields: dict[str, Any], settings: SimulatorSettings) -> Answer:
        follower = self._followers.check(fields.get("touser"))
        template, keys = self._templates.find(fields.get("template_id"), "official")
        if template.template_id in settings.banned_templates:
            raise ErrcodeError(43116)
        if not follower.follows:
            raise ErrcodeError(43004)
        link = self._link(fields, settings)
        check_data(fields.get("data"), keys, template.enums)
        client_msg_id = _client_msg_id(fields)
        if earlier := self._find(follower.openid, client_msg_id):
            return _repeated(earlier, settings)
        self._check_rate(follower.openid, settings.official_to_one_user_per_minute)
        msgid = self._accept(follower, fields, link, client_msg_id)
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}

    def _link(self, fields: dict[str, Any], settings: SimulatorSettings) -> dict[str, Any] | None:
        """ErrcodeError 40166: a mini-program that isn't bound to the account; 40165: not one of its pages.

        WeChat's page allows a link without `pagepath`.
        """
        link = fields.get("miniprogram")
        if link is None:
            return None
        if not isinstance(link, dict) or link.get("appid") != self._mini_program:
            raise ErrcodeError(40166)
        if "pagepath" in link and not _is_page(link["pagepath"], settings.released_pages):
            raise ErrcodeError(40165)
        return dict(link)

    def _find(self, openid: str, client_msg_id: str | None) -> Remembered | None:
        if client_msg_id is None:
            return None
        earlier = self._remembered.get((openid, client_msg_id))
        if earlier is None or self._clock() >= earlier.until:
            return None
        self._ledger.repeats += 1
        return earlier

    def _check_rate(self, openid: str, limit: int | None) -> None:
        """ErrcodeError 43117: too many messages to this user."""
        if limit is None:
            return
        if self._minutes.setdefault(openid, Window(MINUTE)).count(self._clock()) > limit:
            raise ErrcodeError(43117)

    def _accept(
        self,
        follower: Follower,
        fields: dict[str, Any],
        link: dict[str, Any] | None,
        client_msg_id: str | None,
    ) -> int:
        """Record the message, and emit what became of it. Return its msgid."""
        msgid, fault = self._ids.msgid(), self._delivery_fault(follower.openid)
        if client_msg_id is not None:
            until = self._clock() + REMEMBERED_SECONDS
            self._remembered[follower.openid, client_msg_id] = Remembered(msgid, until)
        message = Message(
            openid=follower.openid,
            template_id=fields["template_id"],
            kind="official",
            permit="follow",
            at=self._clock(),
            page=None,
            data=fields.get("data"),
            msgid=msgid,
            undelivered=fault.errcode if fault else None,
            url=fields.get("url"),
            miniprogram=link,
            client_msg_id=client_msg_id,
        )
        self._ledger.record(message)
        self._finish(follower.openid, msgid, fault.error_status if fault else "success")
        return msgid


def _is_page(text: object, released: frozenset[str] | None) -> bool:
    return isinstance(text, str) and bool(text) and (released is None or text.partition("?")[0] in released)


def _client_msg_id(fields: dict[str, Any]) -> str | None:
    """The length is assumed: the page names none."""
    given = fields.get("client_msg_id")
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_CLIENT_MSG_ID:
        raise ErrcodeError(40097)
    return given


def _repeated(earlier: Remembered, settings: SimulatorSettings) -> Answer:
    if settings.repeat_answer == "40241":
        raise ErrcodeError(40241)
    msgid = earlier.msgid if settings.repeat_answer == "same_msgid" else 0
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}
