"""What follows from a channel's answer to a reminder."""

from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre import reminder_decisions as decisions
from minipush.domain.centre.reminder_steps import Find, Send, Situation, Step
from minipush.domain.centre.reminders import ReminderReason


def step_after(step: Send | Find, result: ReminderResult | None, situation: Situation) -> Step:
    """`step`: what was done. `result`: None if the channel doesn't know what became of the reminder."""
    if result is None or result.verdict is ReminderVerdict.UNKNOWN:
        is_find = isinstance(step, Find)
        return (decisions.after_vain_find if is_find else decisions.after_lost_answer)(situation)
    if result.verdict is ReminderVerdict.ACCEPTED:
        return decisions.sent(situation.state, result.provider_id)
    is_repeat = isinstance(step, Send) and step.is_repeat
    if result.concerns is Concerns.RED_SWITCH:
        return decisions.after_red_switch(situation, is_repeat=is_repeat)
    return (_after_refused_repeat if is_repeat else _after_refusal)(result, situation)


def _after_refused_repeat(result: ReminderResult, situation: Situation) -> Step:
    """That the repeat is refused doesn't say what became of the first try."""
    is_busy = result.concerns is Concerns.PROVIDER
    return (decisions.after_lost_answer if is_busy else decisions.after_doubt)(situation)


def _after_refusal(result: ReminderResult, situation: Situation) -> Step:
    if result.concerns is Concerns.PROVIDER:
        reason = result.reason or ReminderReason.PROVIDER_UNAVAILABLE
        return decisions.after_refused_for_now(situation, reason, round(1000 * (result.retry_after or 0)))
    is_dead = result.concerns is Concerns.ADDRESS
    default = ReminderReason.CHANNEL_DEAD if is_dead else ReminderReason.PROVIDER_REFUSED
    return decisions.after_failure(situation, result.reason or default)
