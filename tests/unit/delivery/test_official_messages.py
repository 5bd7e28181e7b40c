"""Deliveries through the official account: exactly once while WeChat remembers the key, and at most once for ever."""

from dataclasses import replace

import pytest
from support.delivery_case import OPENID, Case

from minipush.channels import OFFICIAL_MESSAGE
from minipush.channels.router import ChannelRouter
from minipush.domain.follower import Follower
from minipush.domain.messages import Message, MiniProgramLink, Outcome, Reason, Status
from minipush.domain.permit_kinds import FOLLOW

MESSAGE = Message(OFFICIAL_MESSAGE, "O1", data={"thing1": {"value": "好"}})
MINUTE = 60
LOST = ["lost_before", "lost_after", "http500", "http500_after", "garbage"]
REPEATED = ["same_msgid", "zero_msgid", "40241"]


@pytest.fixture
def case() -> Case:
    """A user who follows the official account."""
    case = Case()
    there = case.sky.wechat.official.follow(case.sky.wechat.users.add(OPENID).unionid)
    case.store.followers[OPENID] = Follower(there.openid, follows=True)
    return case


def deliver(case: Case, *faults: str, id_: str = "delivery") -> Outcome:
    return case.deliver(*faults, message=MESSAGE, id_=id_)


def answer_repeats(case: Case, repeat_answer: str) -> None:
    wechat = case.sky.wechat
    wechat.settings = wechat.settings.model_copy(update={"repeat_answer": repeat_answer})


def resumed_after(case: Case, seconds: float, *faults: str) -> Outcome:
    """The delivery's process dies over the first try, and another one takes over so much later."""
    with pytest.raises(BaseException):  # noqa: B017  # KilledError
        deliver(case, "killed_after")
    case.now += seconds
    return deliver(case, *faults)


def test_a_follower_gets_the_message_under_the_openid_of_the_official_account(case: Case) -> None:
    outcome = deliver(case)
    [message] = case.sky.wechat.ledger.messages
    assert (outcome.openid, outcome.status, outcome.permit_kind) == (OPENID, Status.SENT, FOLLOW)
    assert outcome.msgid == message.msgid
    assert message.openid == case.store.followers[OPENID].openid != OPENID


def test_a_link_leads_to_the_deployment_s_mini_program(case: Case) -> None:
    message = replace(MESSAGE, url="https://example.org/", link=MiniProgramLink("pages/order?id=7"))
    assert case.deliver(message=message).status is Status.SENT
    [sent] = case.sky.wechat.ledger.messages
    assert (sent.url, sent.miniprogram) == (
        "https://example.org/",
        {"appid": case.sky.wechat.appid, "pagepath": "pages/order?id=7"},
    )


def test_any_number_of_messages_goes_to_a_follower(case: Case) -> None:
    outcomes = [deliver(case, id_=f"d-{n}").status for n in range(3)]
    assert outcomes == [Status.SENT] * 3
    assert len({message.client_msg_id for message in case.sky.wechat.ledger.messages}) == 3


def test_a_delivery_reaches_a_follower_once(case: Case) -> None:
    deliver(case)
    assert deliver(case).status is Status.SENT
    assert len(case.sky.wechat.ledger.messages) == 1


@pytest.mark.parametrize("repeat_answer", REPEATED)
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_is_settled_by_the_same_key(case: Case, fault: str, repeat_answer: str) -> None:
    answer_repeats(case, repeat_answer)
    assert deliver(case, fault).status is Status.SENT
    assert len(case.sky.wechat.ledger.messages) == 1


@pytest.mark.parametrize("repeat_answer", REPEATED)
def test_a_wrong_busy_answer_is_settled_by_the_same_key(case: Case, repeat_answer: str) -> None:
    answer_repeats(case, repeat_answer)
    assert deliver(case, "busy_after").status is Status.SENT
    assert len(case.sky.wechat.ledger.messages) == 1


@pytest.mark.parametrize("repeat_answer", REPEATED)
def test_another_process_settles_the_doubt_within_nine_minutes(case: Case, repeat_answer: str) -> None:
    answer_repeats(case, repeat_answer)
    assert resumed_after(case, 9 * MINUTE - 1).status is Status.SENT
    assert len(case.sky.wechat.ledger.messages) == 1


def test_after_nine_minutes_the_outcome_stays_unknown(case: Case) -> None:
    assert resumed_after(case, 9 * MINUTE).status is Status.UNKNOWN
    assert len(case.sky.wechat.ledger.messages) == 1


def test_tries_end_when_the_nine_minutes_are_over(case: Case) -> None:
    def wait(*_: object) -> None:
        case.now += 3 * MINUTE

    case.in_pause = wait
    outcome = deliver(case, *["lost_after"] * 9)
    assert outcome.status is Status.UNKNOWN
    assert len(case.pauses) == 3
    assert len(case.sky.wechat.ledger.messages) == 1


def test_a_duplicate_at_the_first_try_is_not_sent(case: Case) -> None:
    outcome = deliver(case, "duplicate")
    assert (outcome.status, outcome.reason, outcome.errcode) == (Status.FAILED, Reason.DUPLICATE, 40241)
    assert case.store.read(OPENID).messages_since(0) == 0


def test_who_is_not_known_to_follow_is_skipped(case: Case) -> None:
    del case.store.followers[OPENID]
    assert (outcome := deliver(case)).status is Status.SKIPPED
    assert outcome.reason is Reason.NOT_MAPPED


def test_who_unfollowed_is_skipped(case: Case) -> None:
    case.store.followers[OPENID] = replace(case.store.followers[OPENID], follows=False)
    assert (outcome := deliver(case)).status is Status.SKIPPED
    assert outcome.reason is Reason.NOT_FOLLOWING


def test_who_unfollowed_unnoticed_is_not_following(case: Case) -> None:
    official = case.sky.wechat.official
    official.unfollow(official.followers.check(case.store.followers[OPENID].openid))
    outcome = deliver(case)
    assert (outcome.status, outcome.reason, outcome.errcode) == (Status.FAILED, Reason.NOT_FOLLOWING, 43004)


def test_a_refused_message_counts_for_no_cap(case: Case) -> None:
    deliver(case, "refused")
    assert case.store.read(OPENID).messages_since(0) == 0
    deliver(case)
    assert case.store.read(OPENID).messages_since(0) == 1


def test_without_an_official_account_the_message_fails_for_the_whole_account(case: Case) -> None:
    case.sky.official_client = None
    case.channel = ChannelRouter.open(case.sky)
    assert deliver(case).may_be_sent_later
