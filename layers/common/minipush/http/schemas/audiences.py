"""Whom a campaign is for, as it is asked for and as it is told."""

from typing import Annotated, Literal, assert_never

from pydantic import Field

from minipush.domain.campaigns import Audience, AudienceType
from minipush.http.schemas.base import WHOLE, Body
from minipush.http.schemas.users import Tag

MAX_NAMED = 10_000
WEEK_HOURS = 7 * 24


class AllUsers(Body):
    """Everybody who holds a permit for the message."""

    type: Literal["all"]

    def audience(self) -> Audience:
        return Audience(AudienceType.ALL)


class NamedUsers(Body):
    """These; who holds no permit is counted as skipped. One named twice counts once."""

    type: Literal["openids"]
    openids: Annotated[
        # Longer than any openid: what isn't one becomes a result, unless it is out of all proportion.
        list[Annotated[str, Field(max_length=128)]],
        Field(min_length=1, max_length=MAX_NAMED, examples=[["oAbC-1234567890defGHI_jklMNO"]]),
    ]

    def audience(self) -> Audience:
        return Audience(AudienceType.OPENIDS, tuple(dict.fromkeys(self.openids)))


class TaggedUsers(Body):
    """Those with the tag who hold a permit for the message."""

    type: Literal["tag"]
    tag: Tag

    def audience(self) -> Audience:
        return Audience(AudienceType.TAG, tag=self.tag)


class ExpiringUsers(Body):
    """Those whose last permit for the message expires within that time."""

    type: Literal["expiring"]
    within_hours: Annotated[int, Field(ge=1, le=WEEK_HOURS, examples=[24]), WHOLE]

    def audience(self) -> Audience:
        return Audience(AudienceType.EXPIRING, within_hours=self.within_hours)


class CountedUsers(Body):
    """A long list of openids, as lists of campaigns tell of it."""

    type: Literal["openids"]
    count: int


AudienceRequest = Annotated[AllUsers | NamedUsers | TaggedUsers | ExpiringUsers, Field(discriminator="type")]
AudienceResponse = AllUsers | NamedUsers | TaggedUsers | ExpiringUsers | CountedUsers


def audience_response(audience: Audience) -> AudienceResponse:
    match audience.type:
        case AudienceType.ALL:
            return AllUsers(type="all")
        case AudienceType.TAG:
            return TaggedUsers(type="tag", tag=audience.tag or "")
        case AudienceType.EXPIRING:
            return ExpiringUsers(type="expiring", within_hours=audience.within_hours or 0)
        case AudienceType.OPENIDS if audience.openids:
            return NamedUsers(type="openids", openids=list(audience.openids))
        case AudienceType.OPENIDS:
            return CountedUsers(type="openids", count=audience.left_out)
        case _:
            assert_never(audience.type)
