"""What a job does with its reminder: decisions without I/O.

A reminder goes through the user's channels in their order. One that is claimed belongs to a worker until its lease is
over. Then it is in doubt: the worker may have died before or after the provider accepted it, or its answer was lost.
"""

from dataclasses import replace
from typing import Final

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
    ReminderReason,
    ReminderState,
    ReminderStatus,
    queue_of,
)

# Pauses (ms) before the same channel is tried again.
PAUSES_MS: Final = (2_000, 8_000, 30_000, 120_000)
# How long a reminder waits for channels of which none may be used now.
BARRED_PAUSE_MS: Final = 15_000
# The same while sending is off, which may last for hours, and concerns all reminders at once.
OFF_PAUSE_MS: Final = 60_000
# How often a provider is asked what became of a reminder in doubt, and the pause between.
FINDS: Final = 3
FIND_PAUSE_MS: Final = 60_000


def next_step(situation: Situation) -> Step:
    """What to do with a reminder as it was read."""
    state = situation.state
    if state.status.is_final:
        return Drop()
    if state.status is not ReminderStatus.QUEUED and situation.now < state.lease_until:
        return Wait(state, state.lease_until)
    if state.status is not ReminderStatus.CLAIMED or state.channel is None:
        return _go_on(situation)
    if queue_of(state.channel) is not situation.queue:
        return Forward(state, queue_of(state.channel))
    return _settle_doubt(situation)


def _settle_doubt(situation: Situation) -> Step:
    """The lease of a claimed reminder is over."""
    state, now, current = situation.state, situation.now, situation.current
    if current and _may_repeat(situation, current, now):
        if not current.is_barred:
            return Send(_tried(state, now), is_repeat=True)
        if situation.stops_in_doubt or not _has_other(situation):
            return Wait(state, now + _barred_ms(situation))
        return after_doubt(situation)
    if current and _may_find(state, current):
        due = _find_due(state, current, now)
        return Wait(state, due) if now < due else Find(replace(state, finds=state.finds + 1))
    return after_doubt(situation)


def after_lost_answer(situation: Situation) -> Step:
    """The provider may have accepted the message."""
    state, now, current = situation.state, situation.now, situation.current
    due = now + _pause_ms(state)
    if current and _may_repeat(situation, current, due):
        return Pause(replace(state, lease_until=due))
    if current and _may_find(state, current):
        return Pause(replace(state, lease_until=max(_find_due(state, current, now), now)))
    return after_doubt(situation)


def after_vain_find(situation: Situation) -> Step:
    """The provider can't tell yet."""
    if situation.state.finds < FINDS:
        return Pause(replace(situation.state, lease_until=situation.now + FIND_PAUSE_MS))
    return after_doubt(situation)


def after_doubt(situation: Situation) -> Step:
    """Nobody can tell whether the channel reached the user."""
    state = situation.state
    doubted = (*state.in_doubt, state.channel) if state.channel else state.in_doubt
    official_try = state.first_try if state.channel is ChannelKind.OFFICIAL else state.official_try
    state = replace(_done_with_channel(state), in_doubt=doubted, official_try=official_try)
    if situation.stops_in_doubt:
        return Finish(replace(state, status=ReminderStatus.UNKNOWN, reason=None))
    return _go_on(replace(situation, state=state))


def after_failure(situation: Situation, reason: ReminderReason) -> Step:
    """The channel failed for certain."""
    failed = replace(_done_with_channel(situation.state), reason=reason)
    return _go_on(replace(situation, state=failed))


def after_refused_for_now(situation: Situation, reason: ReminderReason, retry_after_ms: int = 0) -> Step:
    """The provider is busy or out of reach, and has not accepted the message: the same channel again after a pause.

    After the last pause the next channel has its turn: a reminder that comes too late is no use.
    """
    state = situation.state
    if state.tries > len(PAUSES_MS) and _has_other(situation):
        return after_failure(situation, reason)
    due = min(situation.now + max(_pause_ms(state), retry_after_ms), state.until)
    waiting = replace(state, status=ReminderStatus.WAITING, reason=reason, lease_until=due, first_try=None)
    return Pause(waiting)


def after_red_switch(situation: Situation, *, is_repeat: bool) -> Step:
    """An operator switched sending off after the claim. Nothing was sent, so this was no try."""
    state = replace(situation.state, tries=situation.state.tries - 1)
    later = replace(state, lease_until=situation.now + BARRED_PAUSE_MS)
    return Pause(later if is_repeat else replace(later, status=ReminderStatus.WAITING, first_try=None))


def sent(state: ReminderState, provider_id: str | None) -> Finish:
    return Finish(replace(state, status=ReminderStatus.SENT, reason=None, provider_id=provider_id))


def _go_on(situation: Situation) -> Step:
    """Send by the first channel of the user's order that is not done with."""
    state, now = situation.state, situation.now
    if situation.against:
        return _finish(state, ReminderStatus.SKIPPED, situation.against)
    left = [option for option in situation.options if option.kind not in state.tried]
    if now >= state.until or not left:
        return _give_up(state, ReminderReason.NO_CHANNEL if now < state.until else ReminderReason.EXPIRED)
    option = next((option for option in _in_turn(left, state) if not option.is_barred), None)
    if option is None:
        return Wait(state, min(now + _barred_ms(situation), state.until))
    if queue_of(option.kind) is not situation.queue:
        return Forward(state, queue_of(option.kind))
    return Send(_tried(_moved_to(state, option.kind), now))


def _barred_ms(situation: Situation) -> int:
    return OFF_PAUSE_MS if situation.is_off else BARRED_PAUSE_MS


def _in_turn(options: list[ChannelOption], state: ReminderState) -> list[ChannelOption]:
    """A waiting reminder keeps to its channel."""
    if state.status is not ReminderStatus.WAITING:
        return options
    return sorted(options, key=lambda option: option.kind is not state.channel)


def _give_up(state: ReminderState, reason: ReminderReason) -> Finish:
    """A reminder that was tried says why that failed."""
    if state.reason or state.tried:
        return _finish(state, ReminderStatus.FAILED, state.reason or reason)
    return _finish(state, ReminderStatus.SKIPPED, reason)


def _finish(state: ReminderState, status: ReminderStatus, reason: ReminderReason) -> Finish:
    """Whatever comes later, a channel in doubt may have reached the user."""
    if state.in_doubt:
        return Finish(replace(state, status=ReminderStatus.UNKNOWN, reason=None))
    return Finish(replace(state, status=status, reason=reason))


def _has_other(situation: Situation) -> bool:
    """Whether a further channel may be used now."""
    done = (*situation.state.tried, situation.state.channel)
    return any(one.kind not in done and not one.is_barred for one in situation.options)


def _may_repeat(situation: Situation, current: ChannelOption, at: int) -> bool:
    state = situation.state
    if situation.against or at >= state.until or state.tries > len(PAUSES_MS):
        return False
    return state.first_try is not None and at < state.first_try + current.repeat_ms


def _may_find(state: ReminderState, current: ChannelOption) -> bool:
    return current.find_after_ms > 0 and state.finds < FINDS


def _find_due(state: ReminderState, current: ChannelOption, now: int) -> int:
    return (now if state.first_try is None else state.first_try) + current.find_after_ms


def _pause_ms(state: ReminderState) -> int:
    return PAUSES_MS[min(state.tries, len(PAUSES_MS)) - 1]


def _moved_to(state: ReminderState, kind: ChannelKind) -> ReminderState:
    return state if kind is state.channel else replace(state, channel=kind, first_try=None, tries=0, finds=0)


def _tried(state: ReminderState, now: int) -> ReminderState:
    first = now if state.first_try is None else state.first_try
    return replace(state, status=ReminderStatus.CLAIMED, tries=state.tries + 1, first_try=first)


def _done_with_channel(state: ReminderState) -> ReminderState:
    done = (*state.tried, state.channel) if state.channel else state.tried
    return replace(state, status=ReminderStatus.QUEUED, tried=done, lease_until=0)
