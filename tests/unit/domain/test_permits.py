from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.domain import permit_kinds
from minipush.domain.permit_kinds import form_permits, pay_permits, subscription_permits
from minipush.domain.permit_rejections import PermitRejectedError
from minipush.domain.permits import LIFE_MS, Permit

NOW = 1_800_000_000_000


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(PermitRejectedError) as caught:
        make()
    return str(caught.value)


def test_a_formid_lives_seven_days_and_no_longer() -> None:
    assert LIFE_MS == 604_800_000
    for stamp in (None, NOW + LIFE_MS + 1, 10**30):
        assert form_permits("f", stamp, NOW) == [Permit(permit_kinds.FORM, "f", NOW + LIFE_MS)]


def test_an_earlier_stamp_is_kept() -> None:
    assert form_permits("f", NOW + 60_000, NOW)[0].expires_at == NOW + 60_000


@pytest.mark.parametrize("stamp", [NOW, NOW - 1, 0, -1, -(10**30), NOW // 1000])
def test_what_is_past_is_expired(stamp: int) -> None:
    assert refusal(lambda: form_permits("f", stamp, NOW)) == "expired"


@pytest.mark.parametrize(
    "form_id", ["", "the formId is a mock one", "requestFormId:fail", "requestFormId:fail deprecated"]
)
def test_ids_that_are_none_are_mock(form_id: str) -> None:
    assert refusal(lambda: form_permits(form_id, None, NOW)) == "mock_form_id"


@pytest.mark.parametrize("id_", ["a b", "a\n", "\x00", "号", "x" * 257, " "])
def test_ids_that_wechat_never_makes_are_malformed(id_: str) -> None:
    assert refusal(lambda: form_permits(id_, None, NOW)) == "malformed"
    assert refusal(lambda: pay_permits(id_, NOW)) == "malformed"


PLACEHOLDERS = ["undefined", "null", "NaN", "None", "true", "false", "0", "[object Object]"]


@pytest.mark.parametrize("text", PLACEHOLDERS)
@pytest.mark.parametrize("prefix", ["", "prepay_id=", "package=prepay_id=", "prepay_id=prepay_id="])
def test_texts_that_only_look_like_ids_are_malformed(text: str, prefix: str) -> None:
    assert refusal(lambda: form_permits(prefix + text, None, NOW)) == "malformed"
    assert refusal(lambda: pay_permits(prefix + text, NOW)) == "malformed"


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_subscription_has_ids_too(text: str) -> None:
    assert refusal(lambda: subscription_permits("1", text, "accept", long_term=False)) == "malformed"
    if text != "0":
        assert refusal(lambda: subscription_permits(text, "T", "accept", long_term=True)) == "malformed"


def test_a_client_may_number_its_reports_from_zero() -> None:
    assert subscription_permits("0", "T", "accept", long_term=False) == [
        Permit(permit_kinds.ONCE, "0", template_id="T")
    ]


@pytest.mark.parametrize("form_id", ["00", "1", "undefined1", "nullable", "truefalse", "none", "prepay_id=f"])
def test_ids_that_only_resemble_such_texts_are_ids(form_id: str) -> None:
    assert form_permits(form_id, None, NOW)[0].id == form_id


@pytest.mark.parametrize(
    "text", ["wx123", "prepay_id=wx123", "package=prepay_id=wx123", "prepay_id=prepay_id=wx123"]
)
def test_a_prepay_id_is_worth_three_sends(text: str) -> None:
    permits = pay_permits(text, NOW)
    assert [(permit.id, permit.use, permit.expires_at) for permit in permits] == [
        ("wx123", use, NOW + LIFE_MS) for use in (1, 2, 3)
    ]


@pytest.mark.parametrize("prefix", ["prepay_id=", "package=", "package=prepay_id="])
def test_a_bare_prefix_is_no_prepay_id(prefix: str) -> None:
    assert refusal(lambda: pay_permits(prefix, NOW)) == "malformed"


@pytest.mark.parametrize(
    "result", ["accept", "acceptWithAudio", "acceptWithAlert", "acceptWithForcePush", "acceptWithX"]
)
def test_every_accept_is_a_permit(result: str) -> None:
    assert subscription_permits("id", "T", result, long_term=False) == [
        Permit(permit_kinds.ONCE, "id", template_id="T")
    ]


@pytest.mark.parametrize(
    "result", ["reject", "ban", "filter", "", "ACCEPT", " accept", "rejectWithAccept", "unknown"]
)
def test_anything_else_is_not(result: str) -> None:
    assert refusal(lambda: subscription_permits("id", "T", result, long_term=True)) == "not_accepted"


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**15))
def test_a_permit_is_live_until_its_expiry_and_then_expired(expires_at: int, now: int) -> None:
    permit = Permit(permit_kinds.FORM, "f", expires_at)
    assert permit.is_live(now) == (now < expires_at)
    assert permit.is_live(now) != permit.is_expired(now)


@given(st.lists(st.integers(0, 100), min_size=1))
def test_permits_sort_soonest_to_expire_first_and_endless_last(expiries: list[int]) -> None:
    endless = Permit(permit_kinds.ONCE, "a", template_id="T")
    permits = [Permit(permit_kinds.FORM, "f", expires_at) for expires_at in expiries] + [endless]
    ordered = sorted(permits, key=lambda permit: permit.order)
    assert [permit.expires_at for permit in ordered] == [*sorted(expiries), None]
