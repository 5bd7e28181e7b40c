"""What WeChat reports of subscriptions, and what it changes here."""

from typing import Any

import pytest
from support.memory import MemoryHeardEvents, MemoryStore, MemoryTemplates

from minipush.application.events.handle_wechat_event import EventResult, HandleWeChatEvent
from minipush.application.messages.sync_templates import SyncedTemplates
from minipush.application.permits.collect_permits import CollectPermits
from minipush.domain import permit_kinds
from minipush.domain.permit_kinds import form_permits, subscription_permits
from minipush.domain.permits import Permit, PermitKind
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.templates import Template
from minipush.errors import PermitRejection, StoreError
from minipush.wechat.events import ChangeEvent, Choice, Event, PopupEvent, SendResult, SentEvent

NOW = 1_800_000_000_000
AT = NOW // 1000
ONCE = Permit(permit_kinds.ONCE, "1", template_id="T1")
LONG = Permit(permit_kinds.LONG, "", template_id="T1")
OTHER = Permit(permit_kinds.ONCE, "1", template_id="T2")


class Hearing:
    def __init__(self, *, by_event: bool = False) -> None:
        self.store, self.heard = MemoryStore(), MemoryHeardEvents()
        collect = CollectPermits(self.store, lambda: NOW, 3)
        self.noted: list[tuple[str, int, SendResult]] = []
        self.note_fails: StoreError | None = None
        self.templates = MemoryTemplates()
        counted = collect if by_event else None
        self._hear = HandleWeChatEvent(
            self.store, self.heard, counted, self.templates, self._note, lambda: NOW
        )

    def _note(self, *said: Any) -> None:
        if self.note_fails:
            raise self.note_fails
        self.noted.append(said)

    def hear(self, event: Event) -> EventResult:
        return self._hear(event)

    @property
    def permits(self) -> set[tuple[PermitKind, str | None]]:
        return {(permit.kind, permit.template_id) for permit in self.store.read("anna").live(NOW)}


def change(*statuses: str, at: int = AT, openid: str = "anna") -> ChangeEvent:
    return ChangeEvent(openid, at, tuple(Choice("T1", status) for status in statuses))


def popup(*statuses: str, at: int = AT) -> PopupEvent:
    return PopupEvent("anna", at, tuple(Choice(f"T{n}", status) for n, status in enumerate(statuses, 1)))


def test_a_user_who_withdraws_loses_the_templates_permits() -> None:
    here = Hearing()
    here.store.add("anna", [ONCE, LONG, OTHER])
    assert here.hear(change("reject")).withdrawn == 2
    assert here.permits == {(permit_kinds.ONCE, "T2")}


def test_a_change_that_is_no_withdrawal_takes_nothing() -> None:
    here = Hearing()
    here.store.add("anna", [ONCE])
    assert here.hear(change("accept")) == EventResult()
    assert here.permits == {(permit_kinds.ONCE, "T1")}


def test_a_repeated_withdrawal_leaves_what_was_given_since() -> None:
    here = Hearing()
    here.hear(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.hear(change("reject")) == EventResult()
    assert here.permits == {(permit_kinds.ONCE, "T1")}


def test_another_second_is_another_event() -> None:
    here = Hearing()
    here.hear(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.hear(change("reject", at=AT + 1)).withdrawn == 1


def test_accepts_count_where_the_deployment_counts_by_events() -> None:
    here = Hearing(by_event=True)
    heard = here.hear(popup("accept", "reject", "acceptWithAudio"))
    assert heard.collected is not None
    assert (heard.collected.stored, heard.collected.rejected) == (
        2,
        [("/List/1", PermitRejection.NOT_ACCEPTED)],
    )
    assert here.permits == {(permit_kinds.ONCE, "T1"), (permit_kinds.ONCE, "T3")}


def test_accepts_count_for_nothing_where_the_client_reports_them() -> None:
    here = Hearing()
    assert here.hear(popup("accept")) == EventResult()
    assert here.permits == set()


def test_a_repeated_accept_counts_once_even_when_it_was_not_noted() -> None:
    here = Hearing(by_event=True)
    here.hear(popup("accept", "accept"))
    here.heard.keys.clear()
    here.hear(popup("accept", "accept"))
    assert len(here.store.read("anna").permits) == 2


def test_an_accept_of_what_is_known_as_long_term_is_one_for_good() -> None:
    here = Hearing(by_event=True)
    known = Template("T1", "", "", "", is_long_term=True, keys=(), enums={})
    here.templates.keep(SyncedTemplates(NOW, (known,)))
    here.hear(popup("accept", "accept"))
    assert here.permits == {(permit_kinds.LONG, "T1"), (permit_kinds.ONCE, "T2")}


def test_accepts_by_event_are_capped_as_any() -> None:
    here = Hearing(by_event=True)
    heard = here.hear(popup("accept", "accept", "accept", "accept"))
    assert heard.collected is not None
    assert (heard.collected.stored, len(heard.collected.rejected)) == (3, 1)


def test_a_failure_is_told_once_and_a_success_never() -> None:
    failed, unread = SendResult("T1", "2", 5), SendResult("T1", "3", None)
    event = SentEvent("anna", AT, (SendResult("T1", "1", 0), failed, unread))
    here = Hearing()
    assert here.hear(event).failures == (failed, unread)
    assert here.hear(event) == EventResult()
    assert here.noted == [("anna", NOW, failed), ("anna", NOW, unread)]


def test_that_all_arrived_touches_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Hearing()
    for store, name in ((MemoryHeardEvents, "has"), (MemoryHeardEvents, "add"), (MemoryStore, "read")):
        monkeypatch.setattr(store, name, lambda *_, name=name: pytest.fail(name))
    arrived = (SendResult("T1", "1", 0), SendResult("T1", "2", 0))
    assert here.hear(SentEvent("anna", AT, arrived)) == EventResult()
    assert here.noted == []


def test_a_failure_that_could_not_be_noted_is_noted_by_the_repeat() -> None:
    here = Hearing()
    event = SentEvent("anna", AT, (SendResult("T1", "2", 5),))
    here.note_fails = StoreError("gone")
    with pytest.raises(StoreError):
        here.hear(event)
    here.note_fails = None
    assert len(here.hear(event).failures) == 1
    assert len(here.noted) == 1


def test_who_can_be_nobody_is_not_looked_for() -> None:
    here = Hearing()
    assert here.hear(change("reject", openid="not an openid")) == EventResult()
    assert here.heard.keys == set()


def test_what_a_broken_store_left_undone_is_done_by_the_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Hearing()
    here.store.add("anna", [ONCE])

    def broken(*_: object) -> int:
        raise StoreError("gone")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(MemoryStore, "withdraw", broken)
        with pytest.raises(StoreError):
            here.hear(change("reject"))
    assert here.hear(change("reject")).withdrawn == 1


def test_of_two_at_the_same_moment_one_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Hearing()
    monkeypatch.setattr(MemoryHeardEvents, "has", lambda *_: False)
    failed = SentEvent("anna", AT, (SendResult("T1", "2", 5),))
    assert [len(here.hear(failed).failures) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("long_term", [False, True])
def test_where_events_count_a_report_of_the_client_stores_no_subscription(*, long_term: bool) -> None:
    store = MemoryStore()
    collect = CollectPermits(store, lambda: NOW, 5, subscriptions=False)
    collected = collect(
        "anna",
        [
            ("/form_ids/0", lambda now: form_permits("f", None, now)),
            ("/subscriptions/0", lambda _: subscription_permits("i", "T1", "accept", long_term=long_term)),
            ("/subscriptions/1", lambda _: subscription_permits("i", "T1", "reject", long_term=long_term)),
        ],
    )
    assert collected.stored == 1
    assert [(where, why.value) for where, why in collected.rejected] == [("/subscriptions/1", "not_accepted")]
    assert [permit.kind for permit in store.read("anna").permits] == [permit_kinds.FORM]


def refused(here: Hearing) -> set[str]:
    template_refusals = here.store.read("anna").template_refusals
    return {rejection.template_id for rejection in template_refusals if not rejection.is_ended}


def test_a_withdrawal_is_remembered_as_a_no() -> None:
    here = Hearing()
    here.hear(change("reject"))
    assert here.store.read("anna").template_refusals == (TemplateRefusal("T1", NOW),)


def test_a_withdrawal_of_what_is_no_template_is_not_remembered() -> None:
    here = Hearing()
    here.hear(ChangeEvent("anna", AT, (Choice("T 1", "reject"),)))
    assert refused(here) == set()


def test_one_withdrawal_that_breaks_off_and_is_repeated_is_one_no() -> None:
    here = Hearing()
    here.hear(change("reject"))
    here.heard.keys.clear()
    here.hear(change("reject"))
    assert here.store.read("anna").template_refusals == (TemplateRefusal("T1", NOW),)


def test_where_events_count_a_no_in_the_popup_is_remembered_and_a_yes_clears_it() -> None:
    here = Hearing(by_event=True)
    here.hear(popup("reject", "reject"))
    assert refused(here) == {"T1", "T2"}
    here.hear(popup("accept", at=AT + 1))
    assert refused(here) == {"T2"}


def test_where_the_client_reports_a_popup_is_not_remembered_twice() -> None:
    here = Hearing()
    here.hear(popup("reject"))
    assert refused(here) == set()
