from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.account.templates import Template
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import WeChat

Refused = Callable[..., int]
Ask = Callable[..., dict[str, Any]]
WITH_CALLBACK = SimulatorSettings(callback_url="http://127.0.0.1:1/", callback_token="t")


@pytest.fixture
def ask(wechat: WeChat) -> Ask:
    """Anna gets the popup of wx.requestSubscribeMessage. A callback is set."""
    wechat.settings = WITH_CALLBACK

    def request(*, keep: bool = False, **choices: Any) -> dict[str, Any]:
        push_kept = wechat.settings.push_kept_choices
        return wechat.popups.request("anna", choices, keep=keep, push_kept=push_kept)

    return request


def pushed(wechat: WeChat) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each event, its name and the choice for each template."""
    return [
        (push["event"], [(entry["TemplateId"], entry["SubscribeStatusString"]) for entry in push["entries"]])
        for push in wechat.outbox.page(100, 0)["pushes"]
    ]


def left(wechat: WeChat, template_id: str = "T1") -> int:
    """The number of one-time messages that WeChat would accept."""
    return wechat.sends.subscriptions.turn_off("anna", template_id)


def register(wechat: WeChat, **types: Any) -> None:
    for template_id, type_ in types.items():
        wechat.templates.register(Template(template_id, type=type_))


def test_one_popup_is_one_event_with_all_its_choices(wechat: WeChat, ask: Ask) -> None:
    answer = ask(T1="accept", T2="reject")
    assert answer == {"errMsg": "requestSubscribeMessage:ok", "T1": "accept", "T2": "reject"}
    assert pushed(wechat) == [("subscribe_msg_popup_event", [("T1", "accept"), ("T2", "reject")])]
    assert (left(wechat, "T1"), left(wechat, "T2")) == (1, 0)


def test_each_accept_adds_one_and_a_reject_takes_nothing_away(wechat: WeChat, ask: Ask) -> None:
    for choice in ("accept", "reject", "accept"):
        ask(T1=choice)
    assert left(wechat) == 2


def test_a_kept_accept_adds_one_each_time_without_a_popup(wechat: WeChat, ask: Ask) -> None:
    ask(T1="accept", keep=True)
    answers = [ask(T1="reject")["T1"] for _ in range(3)]
    assert answers == ["accept"] * 3
    assert len(pushed(wechat)) == 1
    assert left(wechat) == 4


def test_a_kept_reject_answers_reject_each_time(wechat: WeChat, ask: Ask) -> None:
    ask(T1="reject", keep=True)
    assert ask(T1="accept")["T1"] == "reject"
    assert left(wechat) == 0


def test_the_popup_shows_only_what_was_not_kept(wechat: WeChat, ask: Ask) -> None:
    ask(T1="accept", keep=True)
    ask(T1="accept", T2="accept")
    assert pushed(wechat)[-1] == ("subscribe_msg_popup_event", [("T2", "accept")])


def test_kept_choices_are_pushed_where_the_settings_say_so(wechat: WeChat, ask: Ask) -> None:
    wechat.settings = WITH_CALLBACK.model_copy(update={"push_kept_choices": True})
    ask(T1="accept", keep=True)
    ask(T1="accept")
    assert len(pushed(wechat)) == 2


def test_what_is_turned_off_in_the_settings_is_void_until_it_is_turned_on(
    wechat: WeChat, ask: Ask, refused: Refused
) -> None:
    ask(T1="accept")
    wechat.popups.turn_off("anna", "T1")
    assert pushed(wechat)[-1] == ("subscribe_msg_change_event", [("T1", "reject")])
    assert refused(wechat.sends.subscriptions.spend, "anna", "T1") == 43101
    assert ask(T1="accept")["T1"] == "reject"
    wechat.popups.turn_on("anna", "T1")
    assert refused(wechat.sends.subscriptions.spend, "anna", "T1") == 43101
    assert ask(T1="accept")["T1"] == "accept"
    assert wechat.sends.subscriptions.spend("anna", "T1") == "once"
    assert len(pushed(wechat)) == 2


def test_an_accept_by_hand_ends_what_was_kept(wechat: WeChat, ask: Ask) -> None:
    wechat.popups.turn_off("anna", "T1")
    wechat.popups.accept("anna", "T1", 2)
    assert [name for name, _ in pushed(wechat)] == [
        "subscribe_msg_change_event",
        *["subscribe_msg_popup_event"] * 2,
    ]
    assert ask(T1="reject")["T1"] == "reject"
    assert left(wechat) == 2


def test_an_accept_by_hand_shows_the_popup_again_where_a_reject_was_kept(wechat: WeChat, ask: Ask) -> None:
    ask(T1="reject", keep=True)
    wechat.popups.accept("anna", "T1")
    assert ask(T1="accept")["T1"] == "accept"
    assert left(wechat) == 2


def seconds(wechat: WeChat) -> list[int]:
    return [push["at"] - int(wechat.clock()) for push in wechat.outbox.page(100, 0)["pushes"]]


def test_what_a_user_does_has_a_second_of_its_own(wechat: WeChat, ask: Ask) -> None:
    wechat.popups.accept("anna", "T1", 3)
    wechat.popups.turn_off("anna", "T1")
    wechat.popups.accept("ben", "T1")
    ask(T2="accept")
    assert seconds(wechat) == [0, 1, 2, 3, 0, 4]


def test_the_seconds_follow_the_simulated_clock_wherever_it_goes(wechat: WeChat, ask: Ask) -> None:
    ask(T1="accept")
    wechat.clock.offset = -1000
    ask(T1="accept")
    assert seconds(wechat) == [1000, 1]


def test_a_long_term_template_is_accepted_for_good(wechat: WeChat, ask: Ask) -> None:
    register(wechat, T1=3)
    ask(T1="accept")
    assert {wechat.sends.subscriptions.spend("anna", "T1") for _ in range(5)} == {"long"}


def test_of_templates_with_one_title_only_the_first_is_asked_for(wechat: WeChat, ask: Ask) -> None:
    for template_id, title in (("T1", "Tea"), ("T2", "Tea"), ("T3", ""), ("T4", "")):
        wechat.templates.register(Template(template_id, title=title))
    answer = ask(T1="accept", T2="accept", T3="accept", T4="accept")
    assert [answer[f"T{n}"] for n in range(1, 5)] == ["accept", "filter", "accept", "accept"]
    assert [template_id for template_id, _ in pushed(wechat)[0][1]] == ["T1", "T3", "T4"]
    assert left(wechat, "T2") == 0


@pytest.mark.parametrize(
    ("template_ids", "errcode"),
    [
        ([], 10001),
        (["ONCE", "no such id"], 20001),
        (["ONCE", "LONG"], 20002),
        (["ONCE", "B", "C", "D", "E", "F"], 20003),
    ],
)
def test_a_call_that_wechat_refuses_shows_no_popup(
    wechat: WeChat, ask: Ask, template_ids: list[str], errcode: int
) -> None:
    register(wechat, ONCE=2, LONG=3, B=2, C=2, D=2, E=2, F=2)
    answer = ask(**dict.fromkeys(template_ids, "accept"))
    assert answer["errCode"] == errcode
    assert answer["errMsg"].startswith("requestSubscribeMessage:fail ")
    assert pushed(wechat) == []
    assert wechat.sends.subscriptions.tally() == {"once": 0, "long": 0}


def test_five_templates_are_not_too_many(ask: Ask) -> None:
    assert "errCode" not in ask(A="accept", B="accept", C="accept", D="accept", E="accept")


def test_where_nobody_listens_nothing_is_pushed(wechat: WeChat, ask: Ask) -> None:
    wechat.settings = SimulatorSettings()
    ask(T1="accept")
    wechat.popups.turn_off("anna", "T1")
    assert pushed(wechat) == []


def test_what_users_chose_is_counted(wechat: WeChat, ask: Ask) -> None:
    ask(T1="accept", T2="reject")
    ask(T1="accept")
    wechat.popups.turn_off("anna", "T1")
    assert wechat.popups.counts == {"accepted": 2, "rejected": 1, "turned_off": 1, "voided": 2}
