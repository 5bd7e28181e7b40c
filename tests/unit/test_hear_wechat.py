"""What WeChat reports of subscriptions, and what it changes here."""

import pytest
from fakes.memory import MemoryHeardEvents, MemoryStore

from minipush.domain.permits import Kind, Permit, form_permits, subscription_permits
from minipush.usecases.collect_permits import CollectPermits
from minipush.usecases.hear_wechat import Heard, HearWeChat
from minipush.usecases.ports import StoreError
from minipush.wechat.events import ChangeEvent, Choice, Event, PopupEvent, SendResult, SentEvent

NOW = 1_800_000_000_000
AT = NOW // 1000
ONCE = Permit(Kind.ONCE, "1", template_id="T1")
LONG = Permit(Kind.LONG, "", template_id="T1")
OTHER = Permit(Kind.ONCE, "1", template_id="T2")


class Hearing:
    def __init__(self, *, by_event: bool = False) -> None:
        self.store, self.heard = MemoryStore(), MemoryHeardEvents()
        collect = CollectPermits(self.store, lambda: NOW, 3)
        self._hear = HearWeChat(self.store, self.heard, collect if by_event else None, lambda: NOW)

    def hear(self, event: Event) -> Heard:
        return self._hear(event)

    @property
    def permits(self) -> set[tuple[Kind, str | None]]:
        return {(permit.kind, permit.template_id) for permit in self.store.read("anna").live(NOW)}


def change(*statuses: str, at: int = AT, openid: str = "anna") -> ChangeEvent:
    return ChangeEvent(openid, at, tuple(Choice("T1", status) for status in statuses))


def popup(*statuses: str, at: int = AT) -> PopupEvent:
    return PopupEvent("anna", at, tuple(Choice(f"T{n}", status) for n, status in enumerate(statuses, 1)))


def test_a_user_who_withdraws_loses_the_templates_permits() -> None:
    here = Hearing()
    here.store.add("anna", [ONCE, LONG, OTHER])
    assert here.hear(change("reject")).withdrawn == 2
    assert here.permits == {(Kind.ONCE, "T2")}


def test_a_change_that_is_no_withdrawal_takes_nothing() -> None:
    here = Hearing()
    here.store.add("anna", [ONCE])
    assert here.hear(change("accept")) == Heard()
    assert here.permits == {(Kind.ONCE, "T1")}


def test_a_repeated_withdrawal_leaves_what_was_given_since() -> None:
    here = Hearing()
    here.hear(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.hear(change("reject")) == Heard()
    assert here.permits == {(Kind.ONCE, "T1")}


def test_another_second_is_another_event() -> None:
    here = Hearing()
    here.hear(change("reject"))
    here.store.add("anna", [ONCE])
    assert here.hear(change("reject", at=AT + 1)).withdrawn == 1


def test_accepts_count_where_the_deployment_counts_by_events() -> None:
    here = Hearing(by_event=True)
    heard = here.hear(popup("accept", "reject", "acceptWithAudio"))
    assert heard.collected is not None
    assert (heard.collected.stored, heard.collected.rejected) == (2, [])
    assert here.permits == {(Kind.ONCE, "T1"), (Kind.ONCE, "T3")}


def test_accepts_count_for_nothing_where_the_client_reports_them() -> None:
    here = Hearing()
    assert here.hear(popup("accept")) == Heard()
    assert here.permits == set()


def test_a_repeated_accept_counts_once_even_when_it_was_not_noted() -> None:
    here = Hearing(by_event=True)
    here.hear(popup("accept", "accept"))
    here.heard.keys.clear()
    here.hear(popup("accept", "accept"))
    assert len(here.store.read("anna").permits) == 2


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
    assert here.hear(event) == Heard()


def test_who_can_be_nobody_is_not_looked_for() -> None:
    here = Hearing()
    assert here.hear(change("reject", openid="not an openid")) == Heard()
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
    assert [permit.kind for permit in store.read("anna").permits] == [Kind.FORM]
