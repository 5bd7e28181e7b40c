from collections.abc import Callable

import pytest

from local.simulator.permits.form_permits import FormKind
from local.simulator.permits.subscriptions import Subscriptions
from local.simulator.wechat import WeChat

Refused = Callable[..., int]
DAY = 86_400


def test_a_formid_is_never_spent_twice(wechat: WeChat, refused: Refused) -> None:
    forms = wechat.sends.forms
    forms.give("f1", "anna", "form")
    forms.spend("f1", "anna")
    assert refused(forms.spend, "f1", "anna") == 41029


def test_a_prepay_id_is_worth_three_messages(wechat: WeChat, refused: Refused) -> None:
    forms = wechat.sends.forms
    forms.give("p1", "anna", "pay")
    for _ in range(3):
        forms.spend("p1", "anna")
    assert refused(forms.spend, "p1", "anna") == 41029


def test_another_users_formid_is_refused_and_not_used_up(wechat: WeChat, refused: Refused) -> None:
    forms = wechat.sends.forms
    forms.give("f1", "anna", "form")
    assert refused(forms.spend, "f1", "ben") == 41028
    forms.spend("f1", "anna")


@pytest.mark.parametrize("kind", ["form", "pay"])
def test_a_form_permit_is_good_for_seven_days(wechat: WeChat, refused: Refused, kind: FormKind) -> None:
    forms = wechat.sends.forms
    for form_id in ("f1", "f2"):
        forms.give(form_id, "anna", kind)
    wechat.clock.offset = 7 * DAY - 1
    forms.spend("f1", "anna")
    wechat.clock.offset = 7 * DAY
    assert refused(forms.spend, "f2", "anna") == 41028


@pytest.mark.parametrize("form_id", ["the formId is a mock one", "never given", "", None, 7, ["f1"]])
def test_what_no_form_gave_is_refused(wechat: WeChat, refused: Refused, form_id: object) -> None:
    assert refused(wechat.sends.forms.spend, form_id, "anna") == 41028


def test_the_tally_distinguishes_live_expired_and_spent(wechat: WeChat) -> None:
    forms = wechat.sends.forms
    for form_id in ("old", "used"):
        forms.give(form_id, "anna", "form")
    forms.spend("used", "anna")
    wechat.clock.offset = 7 * DAY
    forms.give("new", "anna", "form")
    assert forms.tally()["form"] == {"live": 1, "expired": 1, "spent": 1}


def test_accepts_add_up_and_each_is_worth_one_message(refused: Refused) -> None:
    subscriptions = Subscriptions()
    subscriptions.accept("anna", "T1", 2)
    subscriptions.accept("anna", "T1", 1)
    assert [subscriptions.spend("anna", "T1") for _ in range(3)] == ["once"] * 3
    assert refused(subscriptions.spend, "anna", "T1") == 43101


def test_an_accept_counts_for_its_template_and_user_only(refused: Refused) -> None:
    subscriptions = Subscriptions()
    subscriptions.accept("anna", "T1", 1)
    assert refused(subscriptions.spend, "anna", "T2") == 43101
    assert refused(subscriptions.spend, "ben", "T1") == 43101


def test_a_long_term_subscription_is_never_used_up() -> None:
    subscriptions = Subscriptions()
    subscriptions.accept_long_term("anna", "T1")
    assert {subscriptions.spend("anna", "T1") for _ in range(50)} == {"long"}


def test_a_reject_in_the_settings_voids_what_was_accepted(refused: Refused) -> None:
    subscriptions = Subscriptions()
    subscriptions.accept("anna", "T1", 5)
    subscriptions.accept_long_term("anna", "T1")
    subscriptions.turn_off("anna", "T1")
    assert refused(subscriptions.spend, "anna", "T1") == 43101
