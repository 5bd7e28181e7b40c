"""Act on the subscription events that WeChat pushes."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minipush.application.permits.collect_permits import CollectPermits, CollectResult
from minipush.application.ports.clock import Clock
from minipush.application.ports.events import ProcessedEvents
from minipush.application.ports.users import UserStore
from minipush.application.prompts.record_refusals import record_refusals
from minipush.domain.deliveries import ReportedArrival, ReportedFailure
from minipush.domain.messages import Status
from minipush.domain.permits import is_template_id
from minipush.domain.reported_permits import ReportedSubscription
from minipush.domain.statistics import Activity
from minipush.domain.subscription_events import (
    DeliveriesReported,
    PopupAnswered,
    SettingsChanged,
    SubscriptionChoice,
    SubscriptionEvent,
)
from minipush.domain.template_refusals import Decision, SubscriptionAnswer
from minipush.domain.users import is_openid

# WeChat repeats an event for some seconds, and the callback rejects a push that is older than five minutes.
EVENT_KEPT_MS = 24 * 60 * 60 * 1000

type RecordFailure = Callable[[ReportedFailure], Status | None]
"""Returns the status that the message had; None if minipush didn't send it."""
type ConfirmDelivery = Callable[[ReportedArrival], bool]
"""Returns whether a message that was reported as unknown is sent now."""


@dataclass(frozen=True, slots=True)
class EventResult:
    """What an event changed: nothing where it had been processed before.

    `corrected`: by how much the failures change the statistics.
    """

    collected: CollectResult | None = None
    withdrawn: int = 0
    failures: tuple[ReportedFailure, ...] = ()
    confirmed: int = 0
    corrected: Activity = field(default_factory=Activity)


class HandleWeChatEvent:
    """`collect` is None where the client reports accepts, and popup events count for nothing."""

    def __init__(
        self,
        users: UserStore,
        processed: ProcessedEvents,
        collect: CollectPermits | None,
        record_failure: RecordFailure,
        confirm_delivery: ConfirmDelivery,
        clock: Clock,
    ) -> None:
        self._users = users
        self._processed = processed
        self._collect = collect
        self._record_failure = record_failure
        self._confirm_delivery = confirm_delivery
        self._clock = clock

    def __call__(self, event: SubscriptionEvent) -> EventResult:
        """Mark an event as processed after it took effect, so that WeChat's repeat completes a failed one.

        Raises StoreError.
        """
        if not is_openid(event.openid):
            return EventResult()
        confirmed = self._confirm(event)
        if _has_only_arrivals(event):
            return EventResult(confirmed=confirmed)
        key = _key(event)
        if self._processed.has(key):
            return EventResult(confirmed=confirmed)
        result = self._apply(event)
        is_first = self._processed.add(key, self._clock() + EVENT_KEPT_MS)
        return replace(result if is_first else EventResult(), confirmed=confirmed)

    def _confirm(self, event: SubscriptionEvent) -> int:
        """WeChat reports every message that arrives, so this is never marked as processed: a repeat changes nothing."""
        if not isinstance(event, DeliveriesReported):
            return 0
        return sum(self._confirm_delivery(arrival) for arrival in event.arrivals)

    def _apply(self, event: SubscriptionEvent) -> EventResult:
        match event:
            case SettingsChanged():
                return EventResult(withdrawn=self._withdraw(event))
            case PopupAnswered() if self._collect:
                return EventResult(collected=self._collect(event.openid, self._reported(event)))
            case DeliveriesReported():
                return self._record_failures(event)
            case _:
                return EventResult()

    def _record_failures(self, event: DeliveriesReported) -> EventResult:
        corrected = Activity()
        for failure in event.failures:
            if before := self._record_failure(failure):
                corrected = corrected.plus(Activity.of_late_failure(before, failure.reason))
        return EventResult(failures=event.failures, corrected=corrected)

    def _reported(self, event: PopupAnswered) -> list[ReportedSubscription]:
        """Events don't say which templates are long-term: the sync does.

        The ids follow from the whole event: a repeat has the same ones, and another popup in the same second has
        others, unless its answers are the same. WeChat gives nothing to tell those two from a repeat.
        """
        event_id = hashlib.sha256(_key(event).encode()).hexdigest()[:16]
        alike = Counter[SubscriptionChoice]()
        reported = []
        for choice in event.choices:
            alike[choice] += 1
            id_ = f"callback-{event.created_at}-{event_id}-{alike[choice]}"
            reported.append(ReportedSubscription(id_, choice.template_id, choice.result))
        return reported

    def _withdraw(self, event: SettingsChanged) -> int:
        rejected = {choice.template_id for choice in event.choices if choice.result == "reject"}
        if not rejected:
            return 0
        withdrawn = self._users.withdraw(event.openid, rejected, self._clock())
        refusals = [SubscriptionAnswer(id_, Decision.REJECT) for id_ in rejected if is_template_id(id_)]
        record_refusals(self._users, self._users.read(event.openid), refusals, self._clock())
        return withdrawn


def _has_only_arrivals(event: SubscriptionEvent) -> bool:
    return isinstance(event, DeliveriesReported) and not event.failures


def _key(event: SubscriptionEvent) -> str:
    if isinstance(event, DeliveriesReported):
        entries = sorted([failure.template_id, failure.msgid] for failure in event.failures)
    else:
        entries = sorted([choice.template_id, choice.result] for choice in event.choices)
    return json.dumps([type(event).__name__, event.openid, event.created_at, entries])
