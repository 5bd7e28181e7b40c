from typing import Any

import pytest
from pydantic import ValidationError

from local.simulator.faults import Fault, Faults


def applied(faults: Faults, path: str = "/a", openid: str | None = None) -> bool:
    return faults.pick(path, lambda: openid) is not None


def test_a_fault_applies_once_by_default() -> None:
    faults = Faults()
    faults.arm(Fault(action="hang"))
    assert [applied(faults) for _ in range(3)] == [True, False, False]


def test_a_fault_lets_some_calls_pass_and_then_applies_a_number_of_times() -> None:
    faults = Faults()
    faults.arm(Fault(action="hang", after=2, times=2))
    assert [applied(faults) for _ in range(6)] == [False, False, True, True, False, False]


def test_a_fault_without_limit_applies_until_cleared() -> None:
    faults = Faults()
    faults.arm(Fault(action="hang", times=None))
    assert all(applied(faults) for _ in range(20))
    faults.clear()
    assert not applied(faults)


def test_a_fault_applies_to_its_path_and_user_only() -> None:
    faults = Faults()
    faults.arm(Fault(action="hang", path="/a", openid="anna"))
    assert not applied(faults, "/b", "anna")
    assert not applied(faults, "/a", "ben")
    assert applied(faults, "/a", "anna")


def test_faults_queue_and_one_call_meets_one_of_them() -> None:
    faults = Faults()
    faults.arm(Fault(action="errcode", errcode=1))
    faults.arm(Fault(action="errcode", errcode=2))
    picked = [faults.pick("/a", lambda: None) for _ in range(3)]
    assert [fault and fault.errcode for fault in picked] == [1, 2, None]


@pytest.mark.parametrize("taken", [False, True])
def test_a_reset_says_itself_whether_wechat_acts(taken: bool) -> None:
    assert Fault(action="reset_after", taken=taken).lets_wechat_act
    assert not Fault(action="reset_before", taken=taken).lets_wechat_act


def test_chance_is_as_likely_as_said_and_repeats_with_its_seed() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults()
        faults.arm(Fault(action="hang", times=None, probability=0.3, seed=seed))
        return [applied(faults) for _ in range(1000)]

    assert run(1) == run(1) != run(2)
    assert 250 < sum(run(1)) < 350


@pytest.mark.parametrize(
    "fields", [{"action": "explode"}, {"action": "hang", "time": 1}, {"action": "hang", "times": 0}]
)
def test_a_misspelt_fault_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)


def test_a_delivery_fault_does_not_affect_calls() -> None:
    faults = Faults()
    late = faults.arm(Fault(action="undelivered", times=2, openid="anna"))
    now = faults.arm(Fault(action="hang"))
    assert faults.pick_delivery_fault("/a", "ben") is None
    assert applied(faults, openid="anna")
    assert [faults.pick_delivery_fault("/a", "anna") is None for _ in range(3)] == [False, False, True]
    assert [armed.id for armed in faults.listed()] == [late, now]
    faults.clear()
    assert faults.listed() == []
