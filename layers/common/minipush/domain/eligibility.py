"""Who may get a message: who is in a campaign's audience, and whom a campaign or a direct send skips."""

from minipush.domain.campaigns import Audience, AudienceType, FrequencyCap, Plan
from minipush.domain.messages import Message, Reason
from minipush.domain.permit_kinds import FOLLOW
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import User


def in_audience(user: User, plan: Plan, now: int) -> bool:
    """Whether the user is in the plan's audience.

    A user without a permit for the message is in the audience only if it names them. A broadcast needs no permit.
    """
    audience, message = plan.audience, plan.message
    if audience.type in (AudienceType.OPENIDS, AudienceType.APP):
        return True
    if not bears_tag(user, audience):
        return False
    kinds, template_id = message.type.permit_kinds, message.template_id
    if audience.type is AudienceType.EXPIRING and audience.within_hours is not None:
        permits, until = user.fitting(kinds, template_id, now), now + audience.within_hours * HOUR_MS
        return bool(permits) and all(p.expires_at is not None and p.expires_at <= until for p in permits)
    return user.can_get(kinds, template_id, now)


def bears_tag(user: User, audience: Audience) -> bool:
    """Whether the user has the audience's tag, or it asks for none."""
    return audience.type is not AudienceType.TAG or audience.tag in user.settings.tags


def missing_permit_reason(user: User, message: Message) -> Reason:
    """Why a user without a permit for the message has none."""
    if FOLLOW not in message.type.permit_kinds:
        return Reason.NO_PERMIT
    return Reason.NOT_FOLLOWING if user.follower else Reason.NOT_MAPPED


def skip_reason(user: User, message: Message, cap: FrequencyCap | None, now: int) -> Reason | None:
    """Why the user must not get the message, whatever permits there are; None if they may."""
    if message.essential:
        return None
    if user.settings.opt_out:
        return Reason.OPTED_OUT
    quiet = user.settings.quiet_hours
    if quiet and quiet.cover(now):
        return Reason.QUIET_HOURS
    if cap and user.messages_since(now - cap.hours * HOUR_MS) >= cap.messages:
        return Reason.FREQUENCY_CAP
    return None
