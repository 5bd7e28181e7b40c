"""Users of whom a campaign's report says nothing, and why."""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.eligibility import in_audience, missing_permit_reason

if TYPE_CHECKING:
    from minipush.domain.users import User


class AbsentStatus(enum.StrEnum):
    """`waiting`: it may still be the user's turn. `not_reached`: the campaign ended before it was.

    The values are part of the HTTP contract, and so are the reasons.
    """

    NOT_IN_AUDIENCE = "not_in_audience"
    WAITING = "waiting"
    NOT_REACHED = "not_reached"


class AbsentReason(enum.StrEnum):
    """Why a user is not in the audience, by what is known now. `joined_later`: when the campaign came by, they weren't."""

    NO_PERMIT = "no_permit"
    NOT_FOLLOWING = "not_following"
    NOT_MAPPED = "not_mapped"
    NOT_TAGGED = "not_tagged"
    NOT_EXPIRING = "not_expiring"
    NOT_NAMED = "not_named"
    JOINED_LATER = "joined_later"


@dataclass(frozen=True, slots=True)
class Absence:
    openid: str
    status: AbsentStatus
    reason: AbsentReason | None = None


NOT_NAMED = (AbsentStatus.NOT_IN_AUDIENCE, AbsentReason.NOT_NAMED)


def absence(user: "User", campaign: Campaign, now: int) -> Absence:
    """Of a user whom the audience names, if it names any, and who is not in the report."""
    at = max(now, campaign.plan.at or now) if campaign.started_at is None else now
    if not in_audience(user, campaign.plan, at):
        return Absence(user.openid, AbsentStatus.NOT_IN_AUDIENCE, _reason(user, campaign.plan, at))
    if not campaign.status.is_final:
        return Absence(user.openid, AbsentStatus.WAITING)
    is_named = campaign.plan.audience.type is AudienceType.OPENIDS
    if campaign.status is not CampaignStatus.COMPLETED or is_named:
        return Absence(user.openid, AbsentStatus.NOT_REACHED)
    return Absence(user.openid, AbsentStatus.NOT_IN_AUDIENCE, AbsentReason.JOINED_LATER)


def _reason(user: "User", plan: Plan, at: int) -> AbsentReason:
    """Of a user who is not in the audience."""
    if plan.audience.type is AudienceType.TAG and plan.audience.tag not in user.settings.tags:
        return AbsentReason.NOT_TAGGED
    has_permit = user.fitting(plan.message.type.permit_kinds, plan.message.template_id, at)
    return (
        AbsentReason.NOT_EXPIRING if has_permit else AbsentReason(missing_permit_reason(user, plan.message))
    )
