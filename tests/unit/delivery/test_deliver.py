"""One message to one user, through the simulator's rules and faults."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import time as clock_time
from types import SimpleNamespace
from typing import Any

import pytest
from support.delivery_case import AT_LEAST_ONCE, MESSAGE, OPENID, SUBSCRIBE, TRIES, Case
from support.ready_channel import ReadyChannel
from support.simulated_wechat import KilledError

from minipush.application.delivery.delivery import Delivery
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.permits.sweep_expired import SweepExpired
from minipush.application.ports.channel import SendResult
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.messages import Fault, Message, Outcome, Reason, Status
from minipush.domain.permits import LIFE_MS, Permit
from minipush.domain.users import QuietHours
from minipush.errors import StoreError

# The answer is lost, and WeChat has taken the message or not.
LOST = ["lost_before", "lost_after", "garbage", "http500", "http500_after"]
TAKEN = {"lost_after", "http500_after"}


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_message_spends_one_permit(case: Case) -> None:
    case.tap("a")
    assert case.deliver() == Outcome(OPENID, Status.SENT, permit_kind=permit_kinds.FORM)
    assert (case.taken, case.live) == (["a"], [])


def test_the_permit_that_expires_soonest_goes_first(case: Case) -> None:
    case.pay("c-pay")
    case.tap("b-late", expires_in=LIFE_MS - 1)
    case.tap("a-soon", expires_in=LIFE_MS - 2)
    for n in range(3):
        case.deliver(id_=f"delivery-{n}")
    assert case.taken == ["a-soon", "b-late", "c-pay"]


def test_a_user_without_a_permit_is_skipped(case: Case) -> None:
    assert case.deliver() == Outcome(OPENID, Status.SKIPPED, Reason.NO_PERMIT)


def test_an_expired_permit_is_not_tried(case: Case) -> None:
    case.tap("a")
    case.now += LIFE_MS / 1000
    assert case.deliver().status is Status.SKIPPED
    assert case.sky.wechat.ledger.errcodes == {}


@pytest.mark.parametrize("errcode", [41028, 41029])
def test_a_dead_permit_makes_room_for_the_next(case: Case, errcode: int) -> None:
    case.tap("a", real=errcode == 41029, expires_in=LIFE_MS - 1)
    if errcode == 41029:
        case.sky.wechat.sends.forms.spend("a", OPENID)
    case.tap("b")
    assert case.deliver().status is Status.SENT
    assert case.taken == ["b"]
    assert [p.claim.invalidated_by for p in case.store.read(OPENID).permits if p.claim] == [errcode, None]


def test_when_all_permits_are_dead_the_answer_says_so(case: Case) -> None:
    case.tap("a", real=False)
    assert case.deliver() == Outcome(OPENID, Status.FAILED, Reason.NO_PERMIT, 41028, permit_kinds.FORM)
    assert case.live == []


@pytest.mark.parametrize("word", ["busy", "unreached"])
def test_the_same_permit_goes_again_when_wechat_did_not_take_it(case: Case, word: str) -> None:
    case.pay("p")
    assert case.deliver(word, word).status is Status.SENT
    assert case.taken == ["p"]
    assert len(case.live) == 2


def test_pauses_grow(case: Case) -> None:
    case.tap("a")
    case.deliver("busy", "busy", "busy")
    assert case.pauses[0] < case.pauses[1] < case.pauses[2]


@pytest.mark.parametrize("word", ["busy", "unreached"])
def test_a_permit_is_not_lost_to_a_wechat_that_stays_away(case: Case, word: str) -> None:
    case.tap("a")
    outcome = case.deliver(*[word] * TRIES)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.WECHAT_UNAVAILABLE)
    assert case.live == ["a"]


def test_a_permit_is_not_lost_to_a_message_that_is_refused(case: Case) -> None:
    case.tap("a")
    assert case.deliver("refused") == Outcome(
        OPENID, Status.FAILED, Reason.INVALID_DATA, 47003, permit_kinds.FORM
    )
    assert case.live == ["a"]


def test_a_refusal_says_what_wechat_said_in_the_outcome_and_in_the_log(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    case.tap("a", real=False)
    outcome = case.deliver()
    assert outcome.errmsg
    assert outcome.rid
    (record,) = [each for each in caplog.records if each.message == "the provider refused a message"]
    said = [record.__dict__[name] for name in ("delivery_id", "errcode", "errmsg", "rid")]
    assert said == ["delivery", 41028, outcome.errmsg, outcome.rid]
    assert outcome.errmsg.endswith(outcome.rid)


def test_an_outcome_in_doubt_says_what_wechat_said_to_the_second_try(case: Case) -> None:
    case.accept("a")
    message = replace(SUBSCRIBE, on_unknown="retry")
    outcome = case.deliver("lost_before", "refused", message=message)
    assert (outcome.status, outcome.errcode, outcome.errmsg) == (Status.UNKNOWN, 47003, "argument invalid!")


@dataclass
class SlowChannel(ReadyChannel):
    """Each answer takes a second of `case`'s clock."""

    case: Case

    async def send(
        self, openid: str, permit: Permit, message: Message, timeout: float, delivery_id: str
    ) -> SendResult:  # the port's
        self.case.now += 1
        return await self.case.sky.channel.send(openid, permit, message, timeout, delivery_id)


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [((), 1), (("refused",), 1), (("busy", "busy"), 3), (("lost_before",) * TRIES, TRIES)],
)
def test_an_outcome_has_the_instant_of_the_last_answer(
    case: Case, faults: tuple[str, ...], seconds: int
) -> None:
    case.tap("a")
    case.channel = SlowChannel(case)
    began = case.milliseconds()
    assert case.deliver(*faults).at == began + 1000 * seconds


def test_a_user_who_gets_no_message_has_the_instant_of_the_decision(case: Case) -> None:
    assert case.deliver().at == case.milliseconds()


def test_a_message_that_was_sent_says_nothing(case: Case) -> None:
    case.tap("a")
    outcome = case.deliver("busy")
    assert (outcome.status, outcome.errmsg, outcome.rid) == (Status.SENT, None, None)


@pytest.mark.parametrize("word", LOST)
def test_a_formid_whose_answer_is_lost_goes_again_and_reaches_once(case: Case, word: str) -> None:
    case.tap("a")
    case.tap("b")
    assert case.deliver(word).status is Status.SENT
    assert case.taken == ["a"]
    assert case.live == ["b"]


def test_a_formid_that_was_taken_though_wechat_said_not_now_reaches_once(case: Case) -> None:
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")
    assert case.deliver("busy_after").status is Status.SENT
    assert (case.taken, case.live) == (["a"], ["b"])


def test_a_formid_that_is_used_up_though_nothing_of_ours_arrived_is_dead(case: Case) -> None:
    case.tap("a", expires_in=LIFE_MS - 1)
    case.sky.wechat.sends.forms.spend("a", OPENID)
    case.tap("b")
    assert case.deliver("unreached").status is Status.SENT
    assert case.taken == ["b"]


@pytest.mark.parametrize("word", LOST)
def test_a_prepay_id_whose_answer_is_lost_is_unknown_and_never_sent_again(case: Case, word: str) -> None:
    case.pay("p")
    assert case.deliver(word) == Outcome(
        OPENID, Status.UNKNOWN, permit_kind=permit_kinds.PAY, fault=Fault.LOST_ANSWER
    )
    assert len(case.taken) == (word in TAKEN)
    assert len(case.live) == 2


def test_a_formid_that_never_gets_an_answer_is_unknown(case: Case) -> None:
    case.tap("a")
    assert case.deliver(*["lost_after"] * TRIES).status is Status.UNKNOWN
    assert case.live == []


def test_a_busy_wechat_after_a_lost_answer_settles_nothing(case: Case) -> None:
    case.tap("a")
    assert case.deliver("lost_after", *["busy"] * TRIES).status is Status.UNKNOWN


def test_a_claim_is_found_again_though_its_permit_has_expired_and_was_swept(case: Case) -> None:
    case.tap("a", expires_in=600_000)
    case.tap("b")
    with pytest.raises(KilledError):
        case.deliver("killed_after")
    case.now += 3600
    SweepExpired(case.store, case.milliseconds, grace_ms=0)(lambda: True)
    assert case.deliver().status is Status.SENT
    assert case.taken == ["a"]


def test_a_formid_that_wechat_forgot_after_a_lost_answer_is_unknown(case: Case) -> None:
    """WeChat's seven days began at the tap, ours at the upload: 41028 does not prove that nothing arrived."""
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")
    with pytest.raises(KilledError):
        case.deliver("killed_after")
    case.sky.wechat.sends.forms._permits["a"].expires_at = case.now
    assert case.deliver().status is Status.UNKNOWN
    assert (case.taken, case.live) == (["a"], ["b"])


def test_what_was_claimed_last_is_taken_up_first(case: Case) -> None:
    case.tap("dead", real=False, expires_in=LIFE_MS - 1)
    case.tap("a")
    case.tap("b")
    claimed = case.store.claim

    async def claim_and_let_time_pass(openid: str, permit: Permit, delivery: str, now: int) -> str | None:
        case.now += 1
        return await claimed(openid, permit, delivery, case.milliseconds())

    async def invalidate_fails(*_: object) -> None:
        raise StoreError

    store: Any = SimpleNamespace(
        claim=claim_and_let_time_pass, invalidate=invalidate_fails, take_over=case.store.take_over
    )
    case.ledger = store
    with pytest.raises(KilledError):
        case.deliver("calm", "killed_after")
    assert case.deliver().status is Status.SENT
    assert case.taken == ["a"]


def test_a_claim_that_the_ledger_could_not_confirm_is_given_back(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.tap("a")
    claimed = case.store.claim

    async def claim_and_lose_the_answer(*args: Any) -> str | None:
        await claimed(*args)
        raise StoreError

    monkeypatch.setattr(case.store, "claim", claim_and_lose_the_answer)
    with pytest.raises(StoreError):
        case.deliver()
    assert (case.taken, case.live) == ([], ["a"])


@pytest.mark.parametrize("word", ["killed_before", "killed_after"])
def test_a_delivery_that_died_goes_on_with_the_same_formid(case: Case, word: str) -> None:
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")
    with pytest.raises(KilledError):
        case.deliver(word)
    assert case.deliver().status is Status.SENT
    assert case.taken == ["a"]
    assert case.live == ["b"]


def test_who_opted_out_while_in_doubt_is_not_sent_to_again(case: Case) -> None:
    case.tap("a")
    with pytest.raises(KilledError):
        case.deliver("killed_before")
    case.store.change(OPENID, {"opt_out": True})
    assert case.deliver().status is Status.UNKNOWN
    assert case.taken == []


@pytest.mark.parametrize("word", ["killed_before", "killed_after"])
def test_a_delivery_that_died_with_a_prepay_id_is_unknown(case: Case, word: str) -> None:
    case.pay("p")
    with pytest.raises(KilledError):
        case.deliver(word)
    assert case.deliver().status is Status.UNKNOWN
    assert len(case.taken) == (word == "killed_after")


def test_no_time_left_gives_the_permit_back(case: Case) -> None:
    case.tap("a")
    assert case.deliver(seconds=0).reason is Reason.WECHAT_UNAVAILABLE
    assert (case.taken, case.live) == ([], ["a"])


def test_a_pause_longer_than_the_time_left_is_not_begun(case: Case) -> None:
    case.tap("a")
    case.retry_policy = replace(case.retry_policy, first_pause=10)
    assert case.deliver("busy", seconds=5).reason is Reason.WECHAT_UNAVAILABLE
    assert case.pauses == []


def test_every_call_takes_a_slot_and_its_answer_is_observed(case: Case) -> None:
    case.tap("a")
    case.deliver("busy", "lost_before", "busy")
    assert case.slots.given == 4
    assert [result.errcode for result in case.slots.results] == [-1, None, -1, 0]


def test_nothing_is_claimed_before_its_turn_has_come(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.pay("p")
    case.slots.most = 0

    async def claim(*_: object) -> str:
        raise AssertionError("claimed")

    monkeypatch.setattr(case.store, "claim", claim)
    assert case.deliver().fault is Fault.TRANSIENT


def test_a_turn_that_grew_old_over_the_claim_is_taken_anew(case: Case) -> None:
    case.tap("a")
    case.retry_policy = replace(case.retry_policy, slot_valid=-1.0)
    case.deliver()
    assert case.slots.given == 2


def test_a_permit_that_another_delivery_has_taken_costs_no_slot(case: Case) -> None:
    for form_id in ("a", "b", "c"):
        case.tap(form_id)
    user = case.store.read(OPENID)
    case.deliver(id_="another")
    case.deliver(id_="a third")
    case.slots.given = 0
    assert case.deliver(user=user).status is Status.SENT
    assert (case.taken, case.slots.given) == (["a", "b", "c"], 1)


def test_a_code_about_this_user_alone_gets_one_more_try(case: Case) -> None:
    case.tap("a")
    case.sky.wechat.sends.template = lambda *_: {"errcode": 43117}  # type: ignore[method-assign]
    assert (case.deliver().errcode, case.slots.given, case.live) == (43117, 2, ["a"])


def test_who_opted_out_gets_only_what_is_essential(case: Case) -> None:
    case.tap("a")
    case.store.change(OPENID, {"opt_out": True})
    assert case.deliver() == Outcome(OPENID, Status.SKIPPED, Reason.OPTED_OUT)
    assert case.deliver(message=replace(MESSAGE, essential=True)).status is Status.SENT


def test_quiet_hours_hold_on_the_users_own_clock(case: Case) -> None:
    case.tap("a")
    case.now = 1_800_000_000.0  # 2027-01-15 16:00 in Shanghai, 08:00 UTC
    quiet = QuietHours(clock_time(15), clock_time(17), "Asia/Shanghai")
    case.store.change(OPENID, {"quiet_hours": quiet})
    assert case.deliver() == Outcome(OPENID, Status.SKIPPED, Reason.QUIET_HOURS)
    case.store.change(OPENID, {"quiet_hours": replace(quiet, timezone="UTC")})
    assert case.deliver().status is Status.SENT


def test_a_subscription_spends_one_accept_of_its_template(case: Case) -> None:
    case.accept("one")
    case.accept("two")
    message = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})
    assert case.deliver(message=message).permit_kind is permit_kinds.ONCE
    assert case.deliver(message=replace(message, template_id="T2"), id_="other").reason is Reason.NO_PERMIT
    assert len(case.live) == 1


def test_a_long_term_subscription_is_never_used_up(case: Case) -> None:
    case.accept("", long_term=True)
    message = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})
    outcomes = [case.deliver(message=message, id_=f"d{n}").status for n in range(3)]
    assert outcomes == [Status.SENT] * 3


def test_a_template_message_never_spends_a_subscription(case: Case) -> None:
    case.accept("one")
    assert case.deliver() == Outcome(OPENID, Status.SKIPPED, Reason.NO_PERMIT)


def test_a_code_in_no_table_gets_one_more_try(case: Case) -> None:
    case.tap("a")
    asked: list[str] = []

    def answer(*_: object) -> dict[str, object]:
        asked.append("once more")
        return {"errcode": 99999, "errmsg": "?"}

    case.sky.wechat.sends.template = answer  # type: ignore[method-assign, assignment]
    outcome = case.deliver()
    assert (outcome.status, outcome.errcode, len(asked)) == (Status.FAILED, 99999, 2)
    assert case.live == ["a"]


# ---- 43101: nothing is left of the user's count


def test_one_refusal_empties_the_users_count(case: Case) -> None:
    for n in range(3):
        case.accept(f"accept-{n}", real=False)
    case.store.add(OPENID, [Permit(permit_kinds.ONCE, "other", template_id="T2")])
    outcome = case.deliver(message=SUBSCRIBE)
    assert outcome == Outcome(
        OPENID, Status.FAILED, Reason.REFUSED, 43101, permit_kinds.ONCE, permits_exhausted=True
    )
    assert case.sky.wechat.ledger.errcodes == {43101: 1}
    assert case.live == ["other"]
    user = case.store.read(OPENID)
    assert [p.claim.invalidated_by for p in user.permits if p.claim] == [43101] * 3
    assert user.was_claimed_by("delivery")
    assert case.deliver(message=SUBSCRIBE, id_="later").reason is Reason.NO_PERMIT


def test_what_is_accepted_meanwhile_stays(case: Case) -> None:
    case.accept("old", real=False)
    send = case.channel.send

    async def accept_and_send(*args: Any) -> Any:
        reply = await send(*args)
        case.accept("new")
        return reply

    case.channel = SimpleNamespace(send=accept_and_send, is_ready=lambda _: True)
    assert case.deliver(message=SUBSCRIBE).errcode == 43101
    assert case.live == ["new"]


@pytest.mark.parametrize("long_term", [False, True])
def test_who_was_overtaken_empties_nothing(case: Case, *, long_term: bool) -> None:
    case.accept("tried", long_term=long_term)
    case.accept("other")
    case.store.add(OPENID, [Permit(permit_kinds.LONG, "", template_id="T1")])
    user = case.store.read(OPENID)
    tried, before = user.permits[0], case.store.read(OPENID).live(case.milliseconds())
    asyncio.run(case.store.claim(OPENID, tried, "delivery/another", case.milliseconds()))
    delivery = Delivery("delivery", "us", SUBSCRIBE, time.monotonic() + 60)
    refused = RefusedRecipient(user, tried, delivery, errcode=43101)
    assert not asyncio.run(refused.invalidate_all(case.store, case.milliseconds()))
    left = set(before) - ({tried} if not long_term else set())
    assert set(case.store.read(OPENID).live(case.milliseconds())) == left


def test_a_refused_long_term_subscription_is_gone_with_the_accepts_beside_it(case: Case) -> None:
    case.accept("", long_term=True, real=False)
    case.accept("accept", real=False)
    assert case.deliver(message=SUBSCRIBE).errcode == 43101
    assert case.live == []
    assert case.sky.wechat.ledger.errcodes == {43101: 1}


def test_a_formid_is_no_count_that_could_be_empty(case: Case) -> None:
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")
    answers = iter([{"errcode": 43101}, {"errcode": 0, "errmsg": "ok"}])
    case.sky.wechat.sends.template = lambda *_: next(answers)  # type: ignore[method-assign, assignment]
    assert case.deliver().status is Status.SENT


@pytest.mark.parametrize("word", ["busy", "busy_after"])
def test_a_refusal_after_a_busy_wechat_may_be_the_receipt_of_the_earlier_try(case: Case, word: str) -> None:
    case.accept("accept", real=word == "busy_after")
    outcome = case.deliver(word, message=SUBSCRIBE)
    assert outcome == Outcome(
        OPENID, Status.UNKNOWN, errcode=43101, permit_kind=permit_kinds.ONCE, permits_exhausted=True
    )
    assert (len(case.taken), case.live) == (word == "busy_after", [])


def test_a_refusal_after_another_message_was_under_way_is_one(case: Case) -> None:
    case.accept("accept", real=False)
    case.accept("another", real=False)
    assert case.deliver("at_once", message=SUBSCRIBE).reason is Reason.REFUSED
    assert case.live == []


def test_another_message_to_the_user_is_waited_for_longer_than_a_busy_wechat(case: Case) -> None:
    case.accept("accept")
    assert case.deliver(*["at_once"] * (TRIES + 1), message=SUBSCRIBE).status is Status.SENT
    assert len(case.taken) == 1


def test_a_user_who_is_never_free_costs_no_permit(case: Case) -> None:
    case.accept("accept")
    outcome = case.deliver(*["at_once"] * case.retry_policy.waits, message=SUBSCRIBE)
    assert (outcome.status, outcome.errcode) == (Status.FAILED, 43108)
    assert (case.taken, len(case.live)) == ([], 1)


def test_a_count_that_the_ledger_cannot_empty_is_empty_all_the_same(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.accept("accept", real=False)

    async def fails(*_: object) -> None:
        raise StoreError

    monkeypatch.setattr(case.store, "invalidate_all", fails)
    assert case.deliver(message=SUBSCRIBE).reason is Reason.REFUSED


# ---- in doubt, and the message asks to be sent again


@pytest.mark.parametrize("word", LOST)
def test_a_subscription_whose_answer_is_lost_is_unknown_and_never_sent_again(case: Case, word: str) -> None:
    case.accept("one")
    case.accept("two")
    assert case.deliver(word, message=SUBSCRIBE).status is Status.UNKNOWN
    assert (len(case.taken), len(case.live)) == (word in TAKEN, 1)


@pytest.mark.parametrize(("word", "taken"), [(word, 1 + (word in TAKEN)) for word in LOST])
def test_a_subscription_goes_again_where_the_message_asks_for_it(case: Case, word: str, taken: int) -> None:
    case.accept("one")
    case.accept("two")
    assert case.deliver(word, message=AT_LEAST_ONCE).status is Status.SENT
    assert (len(case.taken), len(case.live)) == (taken, 1)


def test_a_prepay_id_goes_again_where_the_message_asks_for_it(case: Case) -> None:
    case.pay("p")
    message = replace(MESSAGE, on_unknown="retry")
    assert case.deliver("lost_before", message=message).status is Status.SENT
    assert (case.taken, len(case.live)) == (["p"], 2)


def test_a_refusal_of_the_second_try_settles_nothing(case: Case) -> None:
    case.accept("one")
    outcome = case.deliver("lost_after", message=AT_LEAST_ONCE)
    assert outcome == Outcome(OPENID, Status.UNKNOWN, permit_kind=permit_kinds.ONCE, fault=Fault.LOST_ANSWER)
    assert len(case.taken) == 1


@pytest.mark.parametrize("words", [["lost_after"] * 9, ["lost_after", "lost_after", "busy", "lost_after"]])
def test_a_message_that_asks_for_it_goes_again_twice_at_most(case: Case, words: list[str]) -> None:
    case.accept("", long_term=True)
    case.retry_policy = replace(case.retry_policy, tries=9)
    outcome = case.deliver(*words, message=AT_LEAST_ONCE)
    assert outcome == Outcome(OPENID, Status.UNKNOWN, permit_kind=permit_kinds.LONG, fault=Fault.LOST_ANSWER)
    assert case.slots.given == 3


def test_a_busy_wechat_before_any_doubt_takes_none_of_the_tries_in_doubt(case: Case) -> None:
    case.accept("", long_term=True)
    case.retry_policy = replace(case.retry_policy, tries=9)
    outcome = case.deliver("busy", "busy", "busy", "lost_before", "lost_before", message=AT_LEAST_ONCE)
    assert outcome.status is Status.SENT


@pytest.mark.parametrize("tries", [2, 3])
def test_what_has_no_tries_left_in_doubt_is_lost(case: Case, tries: int) -> None:
    case.accept("", long_term=True)
    case.retry_policy = replace(case.retry_policy, tries=tries)
    assert case.deliver(*["lost_before"] * tries, message=AT_LEAST_ONCE).fault is Fault.LOST_ANSWER


def test_what_the_deadline_cuts_short_in_doubt_may_go_on_later(case: Case) -> None:
    case.accept("", long_term=True)
    case.retry_policy = replace(case.retry_policy, first_pause=10)
    outcome = case.deliver("lost_before", message=AT_LEAST_ONCE, seconds=5)
    assert (outcome.status, outcome.fault) == (Status.UNKNOWN, Fault.TRANSIENT)


def test_a_death_is_no_fault_of_wechats(case: Case) -> None:
    case.accept("one")
    with pytest.raises(KilledError):
        case.deliver("killed_after", message=AT_LEAST_ONCE)
    outcome = case.deliver(message=AT_LEAST_ONCE)
    assert outcome == Outcome(OPENID, Status.UNKNOWN, permit_kind=permit_kinds.ONCE)


@pytest.mark.parametrize("long_term", [False, True])
@pytest.mark.parametrize(("word", "taken"), [("killed_before", 1), ("killed_after", 2)])
def test_a_delivery_that_died_goes_on_where_the_message_asks_for_it(
    case: Case, word: str, taken: int, *, long_term: bool
) -> None:
    case.accept("one", long_term=long_term)
    case.accept("two", long_term=long_term)
    with pytest.raises(KilledError):
        case.deliver(word, message=AT_LEAST_ONCE)
    assert case.deliver(message=AT_LEAST_ONCE).status is Status.SENT
    assert (len(case.taken), len(case.live)) == (taken, 1)


@pytest.mark.parametrize("word", ["killed_before", "killed_after"])
def test_a_delivery_that_died_with_a_subscription_is_unknown(case: Case, word: str) -> None:
    case.accept("one")
    with pytest.raises(KilledError):
        case.deliver(word, message=SUBSCRIBE)
    assert case.deliver(message=SUBSCRIBE).status is Status.UNKNOWN
    assert len(case.taken) == (word == "killed_after")


# ---- templates that a client took for the other kind


def test_a_template_that_the_sync_calls_long_term_is_not_used_up(case: Case) -> None:
    case.accept("a", real=False)
    case.sky.wechat.sends.subscriptions.accept_long_term(OPENID, "T1")
    outcomes = [case.deliver(message=SUBSCRIBE, id_=f"d{n}", is_long_term=True) for n in range(3)]
    assert {outcome.status for outcome in outcomes} == {Status.SENT}
    assert {outcome.permit_kind.name for outcome in outcomes if outcome.permit_kind} == {"long"}
    assert case.live == ["a"]
    assert case.deliver(message=SUBSCRIBE, id_="d0", is_long_term=True).status is Status.UNKNOWN
    assert len(case.taken) == 3


def test_a_template_that_the_sync_calls_one_time_is_used_up(case: Case) -> None:
    case.accept("", long_term=True, real=False)
    case.sky.wechat.sends.subscriptions.accept(OPENID, "T1", 1)
    outcomes = [case.deliver(message=SUBSCRIBE, id_=f"d{n}", is_long_term=False) for n in range(2)]
    assert [outcome.status for outcome in outcomes] == [Status.SENT, Status.SKIPPED]
    assert outcomes[0].permit_kind is not None
    assert outcomes[0].permit_kind.name == "once"
    assert case.deliver(message=SUBSCRIBE, id_="d0", is_long_term=False).status is Status.UNKNOWN
    assert len(case.taken) == 1


@pytest.mark.parametrize("is_long_term", [True, False])
def test_a_refused_subscription_is_gone_whatever_it_was_taken_for(case: Case, is_long_term: bool) -> None:
    case.accept("a", long_term=not is_long_term, real=False)
    outcome = case.deliver(message=SUBSCRIBE, is_long_term=is_long_term)
    assert (outcome.status, outcome.errcode, case.live) == (Status.FAILED, 43101, [])
    again = case.deliver(message=SUBSCRIBE, id_="next", is_long_term=is_long_term)
    assert again.reason is Reason.NO_PERMIT


@pytest.mark.parametrize("is_long_term", [True, False])
def test_a_subscription_that_is_given_back_is_as_it_was(case: Case, is_long_term: bool) -> None:
    case.accept("a", long_term=not is_long_term)
    before = case.store.read(OPENID).permits
    outcome = case.deliver(*["busy"] * TRIES, message=SUBSCRIBE, is_long_term=is_long_term)
    assert outcome.status is Status.FAILED
    assert [p.stored_identity for p in case.store.read(OPENID).permits] == [p.stored_identity for p in before]
    assert case.store.read(OPENID).permits[0].claim is None
