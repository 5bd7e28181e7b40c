"""What a provider says of a reminder after the provider was done with it."""

from dataclasses import replace

from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus


def failed_late(state: ReminderState, kind: ChannelKind, reason: ReminderReason) -> ReminderState:
    """The message that went out by this channel did not arrive. The state itself if that changes nothing.

    Another channel that is in doubt may have reached the user all the same. One that has its turn now, or had it since,
    goes on as before.
    """
    is_sent = state.status is ReminderStatus.SENT and state.channel is kind
    if not is_sent and kind not in state.in_doubt:
        return state
    in_doubt = _without(state.in_doubt, kind)
    if not is_sent and state.status is not ReminderStatus.UNKNOWN:
        return replace(state, in_doubt=in_doubt)
    if in_doubt:
        return replace(state, status=ReminderStatus.UNKNOWN, in_doubt=in_doubt)
    return replace(state, status=ReminderStatus.FAILED, in_doubt=(), reason=reason)


def arrived_late(state: ReminderState, kind: ChannelKind, provider_id: str) -> ReminderState:
    """The message that was in doubt on this channel arrived. The state itself if that changes nothing."""
    if state.status is not ReminderStatus.UNKNOWN or kind not in state.in_doubt:
        return state
    return replace(
        state,
        status=ReminderStatus.SENT,
        channel=kind,
        in_doubt=_without(state.in_doubt, kind),
        provider_id=provider_id,
    )


def _without(kinds: tuple[ChannelKind, ...], kind: ChannelKind) -> tuple[ChannelKind, ...]:
    return tuple(one for one in kinds if one is not kind)
