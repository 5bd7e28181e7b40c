"""What a job may do in every situation, tried with all that can come together."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from minipush.domain.centre.reminder_decisions import (
    PAUSES_MS,
    after_doubt,
    after_failure,
    after_lost_answer,
    after_refused_for_now,
    after_vain_find,
    next_step,
)
from minipush.domain.centre.reminder_steps import (
    ChannelOption,
    Drop,
    Find,
    Finish,
    Forward,
    Pause,
    Send,
    Situation,
    Step,
    Wait,
)
from minipush.domain.centre.reminders import (
    ChannelKind,
    ReminderQueueName,
    ReminderReason,
    ReminderState,
    ReminderStatus,
    queue_of,
)

NOW = 1_000_000
MINUTE = 60_000
STATUSES = [*ReminderStatus]
REASONS = [None, *ReminderReason]
HELD = (ReminderStatus.CLAIMED, ReminderStatus.WAITING)


@st.composite
def situations(draw: st.DrawFn, status: ReminderStatus | None = None) -> Situation:
    """Such as workers meet: a claimed or waiting reminder has a channel, which is not done with."""
    chance = draw(st.randoms(use_true_random=False))
    kinds = chance.sample([*ChannelKind], 5)
    status = status or chance.choice(STATUSES)
    tried = tuple(kinds[: chance.randint(0, 4)])
    channel = chance.choice(kinds[len(tried) :]) if status in HELD else None
    state = ReminderState(
        status=status,
        until=NOW + chance.choice([-1, 0, 1, 5 * MINUTE]),
        channel=channel,
        tried=tried,
        in_doubt=tuple(kind for kind in tried if chance.random() < 0.2),
        owner="an-owner" if channel else None,
        lease_until=NOW + chance.choice([-MINUTE, 0, 1]) if channel else 0,
        first_try=NOW - chance.randint(0, 12) * MINUTE if status is ReminderStatus.CLAIMED else None,
        tries=chance.randint(1, 6) if channel else 0,
        finds=chance.randint(0, 3),
        reason=chance.choice(REASONS),
    )
    options = [
        ChannelOption(
            kind=kind,
            repeat_ms=chance.choice([0, 9 * MINUTE]),
            find_after_ms=chance.choice([0, MINUTE]),
            is_barred=chance.random() < 0.3,
        )
        for kind in chance.sample(kinds, chance.randint(0, 5))
    ]
    is_claimed = status is ReminderStatus.CLAIMED and channel is not None and chance.random() < 0.9
    queue = queue_of(channel) if channel and is_claimed else chance.choice([*ReminderQueueName])
    against = chance.choice([*ReminderReason]) if chance.random() < 0.2 else None
    return Situation(
        state=state,
        options=options,
        queue=queue,
        now=NOW,
        against=against,
        stops_in_doubt=chance.random() < 0.3,
    )


anything = situations()
claimed = situations(ReminderStatus.CLAIMED)
many = settings(max_examples=400, deadline=None)


def sent_by(step: Step) -> ChannelKind | None:
    return step.state.channel if isinstance(step, Send) else None


@many
@given(anything)
def test_a_final_reminder_is_dropped_and_no_other(situation: Situation) -> None:
    assert isinstance(next_step(situation), Drop) is situation.state.status.is_final


@many
@given(anything)
def test_nothing_is_sent_against_a_rule_or_out_of_date(situation: Situation) -> None:
    if isinstance(next_step(situation), Send):
        assert situation.against is None
        assert situation.state.until > NOW


@many
@given(anything)
def test_nobody_works_within_another_s_lease(situation: Situation) -> None:
    state = situation.state
    if state.status in HELD and state.lease_until > NOW:
        assert next_step(situation) == Wait(state, state.lease_until)


@many
@given(anything)
def test_a_channel_of_the_user_sends_that_is_not_done_with_not_barred_and_of_this_queue(
    situation: Situation,
) -> None:
    kind = sent_by(next_step(situation))
    if kind:
        [option] = [option for option in situation.options if option.kind is kind]
        assert not option.is_barred
        assert kind not in situation.state.tried
        assert queue_of(kind) is situation.queue


@many
@given(claimed)
def test_a_reminder_in_doubt_is_repeated_only_where_the_repeat_is_dropped(situation: Situation) -> None:
    step, state = next_step(situation), situation.state
    if isinstance(step, Send) and step.state.channel is state.channel:
        assert step.is_repeat
        assert situation.current
        assert state.first_try is not None
        assert state.first_try + situation.current.repeat_ms > NOW
        assert state.tries <= len(PAUSES_MS)


@many
@given(claimed)
def test_a_doubt_that_cannot_be_settled_is_kept(situation: Situation) -> None:
    """Whatever follows, the channel stays among those in doubt, and no later failure hides it."""
    step, state = next_step(situation), situation.state
    match step:
        case Forward(after) if after == state:
            assert state.channel
            assert queue_of(state.channel) is step.queue
        case Send(after, is_repeat=False) | Forward(after, _):
            assert after.channel is state.channel or state.channel in after.in_doubt
        case Finish(after):
            assert after.status is ReminderStatus.UNKNOWN
            assert state.channel in after.in_doubt
        case Send() | Find() | Wait():
            pass
        case _:
            raise AssertionError(step)


@many
@given(claimed)
def test_who_wants_no_second_ping_gets_none_after_a_doubt(situation: Situation) -> None:
    step = after_doubt(replace(situation, stops_in_doubt=True))
    assert isinstance(step, Finish)
    assert step.state.status is ReminderStatus.UNKNOWN


@many
@given(claimed)
def test_a_doubt_keeps_when_the_official_account_was_tried(situation: Situation) -> None:
    """WeChat may report on that try, whatever channel has its turn by then."""
    state = replace(situation.state, channel=ChannelKind.OFFICIAL, first_try=NOW - 1)
    step = after_doubt(replace(situation, state=state))
    if isinstance(step, Send | Forward | Finish):
        assert step.state.official_try == NOW - 1


@many
@given(claimed)
def test_a_failed_channel_is_not_used_again(situation: Situation) -> None:
    step = after_failure(situation, ReminderReason.PROVIDER_REFUSED)
    assert sent_by(step) is not situation.state.channel
    assert not isinstance(step, Pause | Find)


@many
@given(claimed)
def test_a_busy_channel_is_tried_again_after_a_pause_or_followed_by_another(situation: Situation) -> None:
    situation = replace(situation, state=replace(situation.state, until=NOW + 10 * MINUTE))
    step = after_refused_for_now(situation, ReminderReason.PROVIDER_UNAVAILABLE)
    if isinstance(step, Pause):
        pause = PAUSES_MS[min(situation.state.tries, 4) - 1]
        assert step.state.status is ReminderStatus.WAITING
        assert step.state.lease_until == NOW + pause
    else:
        assert situation.state.tries > len(PAUSES_MS)
        assert sent_by(step) is not situation.state.channel


@many
@given(claimed)
def test_a_lost_answer_is_looked_at_again_or_is_a_doubt(situation: Situation) -> None:
    step = after_lost_answer(situation)
    if isinstance(step, Pause):
        assert step.state.status is ReminderStatus.CLAIMED
        assert step.state.lease_until >= NOW
        assert situation.current
        assert situation.current.repeat_ms or situation.current.find_after_ms
    else:
        assert step == after_doubt(situation)


@many
@given(claimed)
def test_a_provider_is_not_asked_for_ever(situation: Situation) -> None:
    for _ in range(3):
        step = after_vain_find(situation)
        if not isinstance(step, Pause):
            assert step == after_doubt(situation)
            return
        situation = replace(situation, state=replace(step.state, finds=step.state.finds + 1))
    assert not isinstance(after_vain_find(situation), Pause)


@many
@given(anything)
def test_a_step_is_to_be_looked_at_again_or_is_an_end(situation: Situation) -> None:
    step = next_step(situation)
    if isinstance(step, Wait):
        assert step.until > NOW
    if isinstance(step, Finish):
        assert step.state.status.is_final
    if isinstance(step, Forward):
        assert step.queue is not situation.queue
    assert not isinstance(step, Pause)
