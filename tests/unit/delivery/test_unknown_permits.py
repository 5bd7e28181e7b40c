"""41028: WeChat doesn't know the id. It never did, no longer does, or does not yet."""

import pytest
from support.delivery_case import OPENID, TRIES, Case

from local.simulator.settings import SimulatorSettings
from minipush.domain import permit_kinds
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.permit_kinds import pay_permits

NOT_YET = 41028


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
    assert (len(case.live), calls(case)) == (3, case.retry_policy.waits)
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
