"""Act on what WeChat itself reports of subscriptions."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.messages.sync_templates import TemplateStore
from minipush.application.permits.collect_permits import CollectPermits, CollectResult, Offer
from minipush.application.ports.clock import Clock
from minipush.application.ports.events import ProcessedEvents
from minipush.application.ports.users import UserStore
from minipush.application.prompts.record_refusals import record_refusals
from minipush.domain.permit_kinds import subscription_permits
from minipush.domain.permits import Permit, is_template_id
from minipush.domain.template_refusals import Answer, SubscriptionAnswer
from minipush.domain.users import is_openid
from minipush.wechat.events import ChangeEvent, Choice, Event, PopupEvent, SendResult, SentEvent

# WeChat repeats for seconds, and what is older than minutes is refused at the door.
KEPT_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class EventResult:
    """What came of an event; nothing where it had been heard before."""

    collected: CollectResult | None = None
    withdrawn: int = 0
    failures: tuple[SendResult, ...] = ()


class HandleWeChatEvent:
    """`collect` where accepts are counted by WeChat's events, None where the client reports them.

    `templates` tell which are long-term: events don't. `record_delivery_failure` takes the openid, when WeChat said so (ms), and what it said of one message.
    """

    def __init__(
        self,
        users: UserStore,
        heard: ProcessedEvents,
        collect: CollectPermits | None,
        templates: TemplateStore,
        record_delivery_failure: Callable[[str, int, SendResult], object],
        clock: Clock,
    ) -> None:
        self._users = users
        self._heard = heard
        self._collect = collect
        self._templates = templates
        self._note_undelivered = record_delivery_failure
        self._clock = clock

    def __call__(self, event: Event) -> EventResult:
        """An event is noted after it took effect: what broke in between is done when WeChat repeats it."""
        if not is_openid(event.openid) or _is_all_well(event):
            return EventResult()
        key = _key(event)
        if self._heard.has(key):
            return EventResult()
        heard = self._act(event)
        is_first = self._heard.add(key, self._clock() + KEPT_MS)
        return heard if is_first else EventResult()

    def _act(self, event: Event) -> EventResult:
        match event:
            case ChangeEvent():
                return EventResult(withdrawn=self._withdraw(event))
            case PopupEvent() if self._collect:
                return EventResult(collected=self._collect(event.openid, self._offers(event)))
            case SentEvent():
                return EventResult(failures=self._note(event))
            case _:
                return EventResult()

    def _note(self, event: SentEvent) -> tuple[SendResult, ...]:
        failures = tuple(result for result in event.entries if result.errcode != 0)
        for failure in failures:
            self._note_undelivered(event.openid, event.created_at * 1000, failure)
        return failures

    def _offers(self, event: PopupEvent) -> list[Offer]:
        known = self._templates.read()
        long_term = {template.id for template in known.templates if template.is_long_term} if known else set()
        ids = [f"callback-{event.created_at}-{n}" for n in range(len(event.entries))]
        return [
            (f"/List/{n}", _permits(ids[n], choice, long_term=choice.template_id in long_term))
            for n, choice in enumerate(event.entries)
        ]

    def _withdraw(self, event: ChangeEvent) -> int:
        rejected = {choice.template_id for choice in event.entries if choice.status == "reject"}
        if not rejected:
            return 0
        withdrawn = self._users.withdraw(event.openid, rejected, self._clock())
        refused = [
            SubscriptionAnswer(template_id, Answer.REJECT)
            for template_id in rejected
            if is_template_id(template_id)
        ]
        record_refusals(self._users, self._users.read(event.openid), refused, self._clock())
        return withdrawn


def _is_all_well(event: Event) -> bool:
    """As every message that arrives is reported: that must cost nothing."""
    return isinstance(event, SentEvent) and all(result.errcode == 0 for result in event.entries)


def _key(event: Event) -> str:
    entries = sorted(
        [entry.template_id, entry.msgid if isinstance(entry, SendResult) else entry.status]
        for entry in event.entries
    )
    return json.dumps([type(event).__name__, event.openid, event.created_at, entries])


def _permits(id_: str, choice: Choice, *, long_term: bool) -> Callable[[int], list[Permit]]:
    return lambda _: subscription_permits(id_, choice.template_id, choice.status, long_term=long_term)
