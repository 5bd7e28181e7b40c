"""41028: WeChat doesn't know the id. It never did, no longer does, or does not yet."""

from types import SimpleNamespace
from typing import Any

import pytest
from support.delivery_case import OPENID, TRIES, Case

from local.simulator.settings import SimulatorSettings
from minipush.application.delivery.invalid_permits import MOST_AT_ONCE
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.domain import permit_kinds
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permit_kinds import pay_permits
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import StoreError

NOT_YET = 41028
MOST_TRIED = RetryPolicy().permits


@pytest.fixture
def case() -> Case:
    return Case()


def pass_a_second(case: Case) -> None:
    case.now += 1


def calls(case: Case) -> int:
    return case.slots.given


def invalidated(case: Case) -> list[int | None]:
    return [permit.claim.invalidated_by for permit in case.store.read(OPENID).permits if permit.claim]


# ---- not yet


def test_a_prepay_id_that_wechat_does_not_know_yet_goes_out_once_it_does(case: Case) -> None:
    case.sky.wechat.settings = SimulatorSettings(prepay_id_delay=TRIES + 2)
    case.in_pause = lambda: pass_a_second(case)
    case.pay("p")
    assert case.deliver().status is Status.SENT
    assert (case.taken, len(case.live), calls(case)) == (["p"], 2, TRIES + 3)


def test_a_prepay_id_that_stays_unknown_until_the_time_is_up_is_kept(case: Case) -> None:
    case.sky.wechat.settings = SimulatorSettings(prepay_id_delay=60)
    case.in_pause = lambda: pass_a_second(case)
    case.pay("p")
    outcome = case.deliver()
    assert outcome == Outcome(
        OPENID, Status.FAILED, Reason.WECHAT_UNAVAILABLE, NOT_YET, permit_kinds.PAY, Fault.TRANSIENT
    )
    assert (len(case.live), calls(case)) == (3, case.retry_policy.early_tries)
    case.now += 60
    assert case.deliver(id_="later").status is Status.SENT


def test_a_pause_beyond_the_deadline_is_not_begun_for_it(case: Case) -> None:
    case.sky.wechat.settings = SimulatorSettings(prepay_id_delay=60)
    case.pay("p")
    assert case.deliver(seconds=0.0005).status is Status.FAILED
    assert (case.pauses, len(case.live)) == ([], 3)


def test_a_prepay_id_of_a_minute_ago_is_dead_with_all_its_uses_after_one_call(case: Case) -> None:
    case.store.add(OPENID, pay_permits("made-up", case.milliseconds()))
    case.now += 60
    assert case.deliver() == Outcome(OPENID, Status.FAILED, Reason.NO_PERMIT, 41028, permit_kinds.PAY)
    assert (calls(case), invalidated(case), case.live) == (1, [41028] * 3, [])


def test_a_prepay_id_that_is_used_up_is_dead_with_all_its_uses_after_one_call(case: Case) -> None:
    case.pay("p")
    for _ in range(3):
        case.sky.wechat.sends.forms.spend("p", OPENID)
    case.now += 1
    case.tap("form")
    case.now += 60
    assert case.deliver().status is Status.SENT
    assert (calls(case), invalidated(case), case.taken) == (2, [41029] * 3 + [None], ["form"])


def test_a_prepay_id_that_becomes_known_too_late_is_dead(case: Case) -> None:
    case.store.add(OPENID, pay_permits("made-up", case.milliseconds()))

    def pass_half_a_minute() -> None:
        case.now += 30

    case.in_pause = pass_half_a_minute
    assert case.deliver().reason is Reason.NO_PERMIT
    assert (calls(case), case.live) == (3, [])


def test_a_formid_is_known_at_once_or_never(case: Case) -> None:
    case.tap("made-up", real=False)
    assert case.deliver().reason is Reason.NO_PERMIT
    assert (calls(case), case.pauses, case.live) == (1, [], [])


# ---- many made-up ids


def make_up(case: Case, *form_ids: str, real: bool = False) -> None:
    """FormIds of which each expires a moment after the one before."""
    for form_id in form_ids:
        case.tap(form_id, real=real, expires_in=HOUR_MS + len(case.live))


def fakes(count: int) -> list[str]:
    return [f"made-up-{n:03}" for n in range(count)]


def test_one_message_tries_only_some_permits_of_a_user(case: Case) -> None:
    make_up(case, *fakes(20))
    outcome = case.deliver()
    assert (outcome.reason, outcome.errcode, calls(case)) == (Reason.NO_PERMIT, 41028, MOST_TRIED)


def test_a_user_whose_oldest_and_newest_ids_are_made_up_has_no_others_left(case: Case) -> None:
    make_up(case, *fakes(90))
    case.deliver()
    assert (invalidated(case), case.live) == ([41028] * 90, [])
    assert case.unproven == [90 - MOST_TRIED]
    assert case.deliver(id_="next") == Outcome(OPENID, Status.SKIPPED, Reason.NO_PERMIT)
    assert calls(case) == MOST_TRIED


def test_only_so_many_are_invalidated_at_once(case: Case) -> None:
    make_up(case, *fakes(200))
    case.deliver()
    assert len(case.live) == 200 - MOST_TRIED - MOST_AT_ONCE


def test_a_user_whose_newest_formid_is_real_gets_the_message_on_it(case: Case) -> None:
    """A phone that was offline for days hands over what WeChat has forgotten, and what it has not."""
    make_up(case, *fakes(20))
    make_up(case, "real", real=True)
    assert case.deliver().status is Status.SENT
    assert (case.taken, len(case.live)) == (["real"], 20 - MOST_TRIED + 1)


def test_a_user_who_was_reached_by_formid_loses_only_what_was_tried(case: Case) -> None:
    make_up(case, "real", real=True)
    assert case.deliver(id_="first").status is Status.SENT
    make_up(case, *fakes(20))
    case.deliver()
    assert len(case.live) == 20 - MOST_TRIED
    assert case.unproven == []


def test_permits_that_were_used_up_are_not_made_up(case: Case) -> None:
    make_up(case, *fakes(20), real=True)
    case.sky.wechat.sends.forms.spend("made-up-000", OPENID)
    for form_id in fakes(20)[1:]:
        del case.sky.wechat.sends.forms._permits[form_id]
    case.deliver()
    assert len(case.live) == 20 - MOST_TRIED


def test_a_prepay_id_of_a_moment_ago_is_not_made_up(case: Case) -> None:
    make_up(case, *fakes(20))
    case.sky.wechat.settings = SimulatorSettings(prepay_id_delay=5)
    case.pay("p")
    case.pay("q")
    case.in_pause = lambda: pass_a_second(case)
    assert case.deliver().status is Status.SENT
    assert case.live.count("p") + case.live.count("q") == 5


def test_what_is_handed_over_meanwhile_stays(case: Case) -> None:
    make_up(case, *fakes(20))
    send = case.channel.send

    async def tap_and_send(*args: Any) -> Any:
        case.tap(f"new-{calls(case)}")
        return await send(*args)

    case.channel = SimpleNamespace(send=tap_and_send, is_ready=lambda _: True)
    case.deliver()
    assert case.live == [f"new-{n + 1}" for n in range(MOST_TRIED)]


def test_a_ledger_that_fails_leaves_them_for_the_next_message(case: Case) -> None:
    make_up(case, *fakes(20))

    async def fails(*_: object) -> None:
        raise StoreError

    case.store.invalidate_all = fails  # type: ignore[method-assign, assignment]
    assert case.deliver().reason is Reason.NO_PERMIT
    assert len(case.live) == 20 - MOST_TRIED
