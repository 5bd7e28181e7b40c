"""What WeChat's answers to sends mean for a delivery."""

import pytest

from minipush.application.ports.channel import About, Load, Retry, SendResult, Verdict
from minipush.channels.wechat_results import send_result
from minipush.domain.messages import Reason
from minipush.wechat import Reaction, code_of
from minipush.wechat.errcodes import CODES
from minipush.wechat.sender import Reply, Taken


def rejected(errcode: int, about: dict[Reaction, About] | None = None) -> SendResult:
    code = code_of(errcode)
    return send_result(Reply(Taken.NO, code.reaction, code.reason, errcode, rid="r"), about or {})


@pytest.mark.parametrize(
    ("errcode", "about", "retry", "load"),
    [
        (-1, About.PROVIDER, Retry.BACK_OFF, Load.BUSY),
        (45011, About.PROVIDER, Retry.BACK_OFF, Load.LIMITED),
        (43108, About.USER, Retry.WHEN_USER_IS_FREE, Load.NORMAL),
        (40001, About.ACCOUNT, Retry.WHEN_READY, Load.NORMAL),
        (42001, About.ACCOUNT, Retry.WHEN_READY, Load.NORMAL),
        (43117, About.USER, Retry.ONCE, Load.NORMAL),
        (99999, About.PROVIDER, Retry.ONCE, Load.BUSY),
        (41028, About.PERMIT, Retry.NEVER, Load.NORMAL),
        (40003, About.USER, Retry.NEVER, Load.NORMAL),
        (47003, About.MESSAGE, Retry.NEVER, Load.NORMAL),
        (40037, About.CAMPAIGN, Retry.NEVER, Load.NORMAL),
        (45009, About.ACCOUNT, Retry.NEVER, Load.NORMAL),
    ],
)
def test_what_a_code_means(errcode: int, about: About, retry: Retry, load: Load) -> None:
    result = rejected(errcode)
    assert (result.about, result.retry, result.load, result.rid) == (about, retry, load, "r")


@pytest.mark.parametrize(
    ("msgid", "expected"), [(3248682510344192008, 3248682510344192008), (0, None), (None, None)]
)
def test_a_repeat_that_is_answered_with_no_number_has_none(msgid: int | None, expected: int | None) -> None:
    reply = Reply(Taken.YES, Reaction.OK, None, 0, msgid=msgid)
    assert send_result(reply, {}).msgid == expected


@pytest.mark.parametrize("about", [About.PERMIT, About.ALL_PERMITS])
def test_what_43101_is_about_depends_on_the_channel(about: About) -> None:
    result = rejected(43101, {Reaction.COUNT_EMPTY: about})
    assert (result.about, result.reason) == (about, Reason.REFUSED)
    assert result.used_up is (about is About.ALL_PERMITS)


def test_41029_says_that_the_permit_is_used_up_and_40241_that_the_key_is() -> None:
    assert [code.errcode for code in CODES if rejected(code.errcode).used_up] == [40241, 41029]


def test_41028_says_that_the_permit_is_not_known() -> None:
    assert [code.errcode for code in CODES if rejected(code.errcode).not_found] == [41028]


def test_a_message_that_never_got_there_says_nothing_of_the_load() -> None:
    unreached = Reply(Taken.NO, Reaction.BACK_OFF, "quota", 45011, reached=False)
    assert send_result(unreached, {}).load is Load.NORMAL


def test_a_rejection_has_what_wechat_said() -> None:
    said = Reply(Taken.NO, Reaction.MESSAGE_FAIL, "invalid_data", 47003, rid="r", errmsg="time2 is empty")
    assert send_result(said, {}).errmsg == "time2 is empty"


def test_an_accepted_message_has_its_id() -> None:
    accepted = send_result(Reply(Taken.YES, Reaction.OK, errcode=0, msgid=7), {})
    assert accepted == SendResult(verdict=Verdict.ACCEPTED, errcode=0, msgid=7)


def test_an_unknown_send_may_have_reached_wechat_and_is_a_sign_of_load() -> None:
    assert send_result(Reply(Taken.MAYBE, Reaction.BACK_OFF), {}) == SendResult(
        verdict=Verdict.UNKNOWN, load=Load.BUSY
    )
