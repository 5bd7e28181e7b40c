"""What WeChat reports of subscriptions, and what it changes here."""

from collections import Counter

import pytest
from support.memory import MemoryProcessedEvents, MemoryStore, MemoryTemplates

from minipush.adapters.wechat.events import subscription_event
from minipush.adapters.wechat.reasons import reason_of
from minipush.application.events.handle_wechat_event import EventResult, HandleWeChatEvent
from minipush.application.permits.collect_permits import CollectPermits, RejectedReport
from minipush.domain import permit_kinds
from minipush.domain.deliveries import ReportedArrival, ReportedFailure
from minipush.domain.messages import Status
from minipush.domain.permit_rejections import PermitRejection
from minipush.domain.permits import Permit, PermitKind
from minipush.domain.reported_permits import ReportedFormId, ReportedSubscription
from minipush.domain.statistics import Activity
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.templates import SyncedTemplates, Template
from minipush.errors import StoreError
from minipush.wechat.events import ChangeEvent, Choice, DeliveryReport, Event, PopupEvent, SentEvent

NOW = 1_800_000_000_000
AT = NOW // 1000
ONCE = Permit(permit_kinds.ONCE, "1", template_id="T1")
LONG = Permit(permit_kinds.LONG, "", template_id="T1")
OTHER = Permit(permit_kinds.ONCE, "1", template_id="T2")


class Handling:
    def __init__(self, *, by_event: bool = False, cap: int = 3) -> None:
        self.store, self.processed = MemoryStore(), MemoryProcessedEvents()
        self.noted: list[ReportedFailure] = []
        self.note_fails: StoreError | None = None
        self.before: dict[str, Status] = {}
        self.templates = MemoryTemplates()
        collect = CollectPermits(self.store, lambda: NOW, cap, self.templates)
        counted = collect if by_event else None
        self.arrived: list[str] = []
        self._handle = HandleWeChatEvent(
            self.store, self.processed, counted, self._note, self._confirm, lambda: NOW
        )

    def _note(self, failure: ReportedFailure) -> Status | None:
        if self.note_fails:
            raise self.note_fails
        self.noted.append(failure)
        return self.before.get(failure.msgid)

    def _confirm(self, arrival: ReportedArrival) -> bool:
        self.arrived.append(arrival.msgid)
        return arrival.msgid == "1"

    def handle(self, event: Event) -> EventResult:
        return self._handle(subscription_event(event))

    @property
    def permits(self) -> set[tuple[PermitKind, str | None]]:
        return {(permit.kind, permit.template_id) for permit in self.store.read("anna").live(NOW)}


def change(*statuses: str, at: int = AT, openid: str = "anna") -> ChangeEvent:
    return ChangeEvent(openid, at, tuple(Choice("T1", status) for status in statuses))


def popup(*statuses: str, at: int = AT) -> PopupEvent:
    return PopupEvent("anna", at, tuple(Choice(f"T{n}", status) for n, status in enumerate(statuses, 1)))


def test_a_user_who_withdraws_loses_the_templates_permits() -> None:
    here = Handling()
    here.store.add("anna", [ONCE, LONG, OTHER])
    assert here.handle(change("reject")).withdrawn == 2
    assert here.permits == {(permit_kinds.ONCE, "T2")}


def test_a_change_that_is_no_withdrawal_takes_nothing() -> None:
    here = Handling()
    here.store.add("anna", [ONCE])
    assert here.handle(change("accept")) == EventResult()
    assert here.permits == {(permit_kinds.ONCE, "T1")}


def test_a_repeated_withdrawal_leaves_what_was_given_since() -> None:
    here = Handling()
    here.handle(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.handle(change("reject")) == EventResult()
    assert here.permits == {(permit_kinds.ONCE, "T1")}


def test_another_second_is_another_event() -> None:
    here = Handling()
    here.handle(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.handle(change("reject", at=AT + 1)).withdrawn == 1


def test_accepts_count_where_the_deployment_counts_by_events() -> None:
    here = Handling(by_event=True)
    result = here.handle(popup("accept", "reject", "acceptWithForcePush"))
    assert result.collected is not None
    assert (result.collected.stored, result.collected.rejected) == (
        2,
        [RejectedReport(1, PermitRejection.NOT_ACCEPTED)],
    )
    assert here.permits == {(permit_kinds.ONCE, "T1"), (permit_kinds.ONCE, "T3")}


def test_accepts_count_for_nothing_where_the_client_reports_them() -> None:
    here = Handling()
    assert here.handle(popup("accept")) == EventResult()
    assert here.permits == set()


def test_a_repeated_accept_counts_once_even_when_it_was_not_noted() -> None:
    here = Handling(by_event=True)
    here.handle(popup("accept", "accept"))
    here.processed.keys.clear()
    here.handle(popup("accept", "accept"))
    assert len(here.store.read("anna").permits) == 2


def answered(*template_ids: str) -> PopupEvent:
    return PopupEvent("anna", AT, tuple(Choice(id_, "accept") for id_ in template_ids))


@pytest.mark.parametrize(
    "popups",
    [
        [["T1"], ["T1", "T2"]],
        [["T1", "T2"], ["T1"]],
        [["T1"], ["T2", "T1"]],
        [["T1", "T2"], ["T2", "T3", "T1"], ["T2"]],
        [["T1", "T1"], ["T1"]],
    ],
)
def test_all_accepts_of_popups_in_the_same_second_count_once_however_often_they_are_pushed(
    popups: list[list[str]],
) -> None:
    here = Handling(by_event=True, cap=20)
    for _ in range(2):
        for template_ids in popups:
            here.handle(answered(*template_ids))
        here.processed.keys.clear()
    held = Counter(permit.template_id for permit in here.store.read("anna").permits)
    assert held == Counter(template_id for template_ids in popups for template_id in template_ids)


def test_a_repeat_in_another_order_is_still_a_repeat() -> None:
    here = Handling(by_event=True)
    here.handle(answered("T1", "T2"))
    here.processed.keys.clear()
    here.handle(answered("T2", "T1"))
    assert len(here.store.read("anna").permits) == 2


def test_an_accept_of_what_is_known_as_long_term_is_one_for_good() -> None:
    here = Handling(by_event=True)
    known = Template("T1", "", "", "", is_long_term=True, keys=(), enums={})
    here.templates.keep(SyncedTemplates(NOW, (known,)))
    here.handle(popup("accept", "accept"))
    assert here.permits == {(permit_kinds.LONG, "T1"), (permit_kinds.ONCE, "T2")}


def test_accepts_by_event_are_capped_as_any() -> None:
    here = Handling(by_event=True)
    result = here.handle(popup("accept", "accept", "accept", "accept"))
    assert result.collected is not None
    assert (result.collected.stored, len(result.collected.rejected)) == (3, 1)


def test_a_failure_is_told_once() -> None:
    reports = (DeliveryReport("T1", "1", 0), DeliveryReport("T1", "2", 5), DeliveryReport("T1", "3", None))
    event = SentEvent("anna", AT, reports)
    failed, unread = (
        ReportedFailure(
            openid="anna", template_id="T1", msgid=id_, errcode=code, reason=reason_of(code), at=NOW
        )
        for id_, code in (("2", 5), ("3", None))
    )
    here = Handling()
    assert here.handle(event).failures == (failed, unread)
    assert here.handle(event) == EventResult(confirmed=1)
    assert here.noted == [failed, unread]


def test_a_failure_of_a_message_of_ours_moves_it_in_the_statistics() -> None:
    reports = (DeliveryReport("T1", "2", 5), DeliveryReport("T1", "3", 5), DeliveryReport("T1", "4", 5))
    here = Handling()
    here.before |= {"2": Status.SENT, "3": Status.UNKNOWN}
    event = SentEvent("anna", AT, reports)
    expected = Activity(sent=-1, unknown=-1, failed=2, by_reason={reason_of(5).value: 2})
    assert here.handle(event).corrected == expected
    assert here.handle(event).corrected == Activity()


def test_each_message_that_arrived_is_confirmed() -> None:
    here = Handling()
    reports = (DeliveryReport("T1", "1", 0), DeliveryReport("T1", "2", 5), DeliveryReport("T1", "3", 0))
    assert here.handle(SentEvent("anna", AT, reports)).confirmed == 1
    assert here.arrived == ["1", "3"]


@pytest.mark.parametrize("report", [DeliveryReport("", "1", 0), DeliveryReport("T1", "", 0)])
def test_an_arrival_that_says_too_little_is_nobodys(report: DeliveryReport) -> None:
    here = Handling()
    assert here.handle(SentEvent("anna", AT, (report,))) == EventResult()
    assert here.arrived == []


def test_that_all_arrived_is_not_noted_as_processed(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Handling()
    for store, name in (
        (MemoryProcessedEvents, "has"),
        (MemoryProcessedEvents, "add"),
        (MemoryStore, "read"),
    ):
        monkeypatch.setattr(store, name, lambda *_, name=name: pytest.fail(name))
    arrived = (DeliveryReport("T1", "1", 0), DeliveryReport("T1", "2", 0))
    assert here.handle(SentEvent("anna", AT, arrived)) == EventResult(confirmed=1)
    assert here.noted == []


def test_a_failure_that_could_not_be_noted_is_noted_by_the_repeat() -> None:
    here = Handling()
    event = SentEvent("anna", AT, (DeliveryReport("T1", "2", 5),))
    here.note_fails = StoreError("gone")
    with pytest.raises(StoreError):
        here.handle(event)
    here.note_fails = None
    assert len(here.handle(event).failures) == 1
    assert len(here.noted) == 1


def test_who_can_be_nobody_is_not_looked_for() -> None:
    here = Handling()
    assert here.handle(change("reject", openid="not an openid")) == EventResult()
    assert here.processed.keys == set()


def test_what_a_broken_store_left_undone_is_done_by_the_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Handling()
    here.store.add("anna", [ONCE])

    def broken(*_: object) -> int:
        raise StoreError("gone")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(MemoryStore, "withdraw", broken)
        with pytest.raises(StoreError):
            here.handle(change("reject"))
    assert here.handle(change("reject")).withdrawn == 1


def test_of_two_at_the_same_moment_one_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Handling()
    monkeypatch.setattr(MemoryProcessedEvents, "has", lambda *_: False)
    failed = SentEvent("anna", AT, (DeliveryReport("T1", "2", 5),))
    assert [len(here.handle(failed).failures) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("long_term", [False, True])
def test_where_events_count_a_report_of_the_client_stores_no_subscription(*, long_term: bool) -> None:
    store = MemoryStore()
    collect = CollectPermits(store, lambda: NOW, 5, MemoryTemplates(), subscriptions=False)
    collected = collect(
        "anna",
        [
            ReportedFormId("f"),
            ReportedSubscription("i", "T1", "accept", long_term),
            ReportedSubscription("i", "T1", "reject", long_term),
        ],
    )
    assert collected.stored == 1
    assert [(one.index, one.reason.value) for one in collected.rejected] == [(2, "not_accepted")]
    assert [permit.kind for permit in store.read("anna").permits] == [permit_kinds.FORM]


def refused(here: Handling) -> set[str]:
    template_refusals = here.store.read("anna").template_refusals
    return {refusal.template_id for refusal in template_refusals if not refusal.is_ended}


def test_a_withdrawal_is_remembered_as_a_no() -> None:
    here = Handling()
    here.handle(change("reject"))
    assert here.store.read("anna").template_refusals == (TemplateRefusal("T1", NOW),)


def test_a_withdrawal_of_what_is_no_template_is_not_remembered() -> None:
    here = Handling()
    here.handle(ChangeEvent("anna", AT, (Choice("T 1", "reject"),)))
    assert refused(here) == set()


def test_one_withdrawal_that_breaks_off_and_is_repeated_is_one_no() -> None:
    here = Handling()
    here.handle(change("reject"))
    here.processed.keys.clear()
    here.handle(change("reject"))
    assert here.store.read("anna").template_refusals == (TemplateRefusal("T1", NOW),)


def test_where_events_count_a_no_in_the_popup_is_remembered_and_a_yes_clears_it() -> None:
    here = Handling(by_event=True)
    here.handle(popup("reject", "reject"))
    assert refused(here) == {"T1", "T2"}
    here.handle(popup("accept", at=AT + 1))
    assert refused(here) == {"T2"}


def test_where_the_client_reports_a_popup_is_not_remembered_twice() -> None:
    here = Handling()
    here.handle(popup("reject"))
    assert refused(here) == set()
