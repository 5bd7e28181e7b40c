"""What every registered channel promises, over a simulated provider of its own."""

import pytest
from support.channel_harness import HARNESSES, ChannelHarness

from minipush.application.ports.channel import About, Load, Retry, SendResult, Verdict
from minipush.channels import CHANNELS
from minipush.domain.messages import Reason


@pytest.fixture(params=[channel.message_type.name for channel in CHANNELS])
def harness(request: pytest.FixtureRequest) -> ChannelHarness:
    return HARNESSES[request.param]()


def test_a_message_on_a_good_permit_is_accepted(harness: ChannelHarness) -> None:
    result = harness.send(harness.grant())
    assert (result.verdict, result.reached, result.load) == (Verdict.ACCEPTED, True, Load.NORMAL)
    assert (result.msgid is not None) is harness.gives_msgid
    assert (result.about, result.reason) == (None, None)


def test_a_permit_that_was_spent_is_used_up(harness: ChannelHarness) -> None:
    permit = harness.grant()
    assert harness.send(permit).verdict is Verdict.ACCEPTED
    again = harness.send(permit)
    assert (again.verdict, again.retry, again.used_up) == (Verdict.REJECTED, Retry.NEVER, True)
    assert again.about in (About.PERMIT, About.ALL_PERMITS, About.MESSAGE)


@pytest.mark.parametrize("about", About)
def test_a_rejection_says_what_it_is_about(harness: ChannelHarness, about: About) -> None:
    if about not in harness.rejections:
        pytest.skip("the provider never says so")
    permit = harness.grant()
    harness.reject(harness.rejections[about])
    result = harness.send(permit)
    assert (result.verdict, result.about, result.reached) == (Verdict.REJECTED, about, True)
    assert (result.errcode, result.msgid) == (harness.rejections[about], None)
    assert isinstance(result.reason, Reason)
    assert (result.retry is Retry.NEVER) is (about is not About.PROVIDER)


@pytest.mark.parametrize("fault", ["busy", "unreached"])
def test_a_provider_that_could_not_take_it_may_be_asked_again(harness: ChannelHarness, fault: str) -> None:
    permit = harness.grant()
    result = harness.send(permit, fault)
    assert (result.verdict, result.about) == (Verdict.REJECTED, About.PROVIDER)
    assert (result.retry, result.reason) == (Retry.BACK_OFF, Reason.WECHAT_UNAVAILABLE)
    assert result.reached is (fault != "unreached")
    assert result.load is (Load.BUSY if result.reached else Load.NORMAL)
    assert harness.send(permit).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("fault", ["lost_before", "lost_after", "garbage", "http500", "http500_after"])
def test_a_lost_answer_leaves_it_unknown(harness: ChannelHarness, fault: str) -> None:
    result = harness.send(harness.grant(), fault)
    assert result == SendResult(verdict=Verdict.UNKNOWN, load=Load.BUSY)


@pytest.mark.parametrize("errcode", [-1, 1, 40001, 43108, 43117, 45011, 50002, 99999])
def test_no_answer_makes_it_raise(harness: ChannelHarness, errcode: int) -> None:
    permit = harness.grant()
    harness.reject(errcode)
    result = harness.send(permit)
    assert result.verdict is Verdict.REJECTED
    assert result.about
    assert result.reason
