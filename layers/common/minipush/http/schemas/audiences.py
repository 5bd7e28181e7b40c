"""The audience of a campaign."""

from typing import Annotated, Any, Literal, assert_never

from pydantic import Field

from minipush.domain.campaigns import Audience, AudienceType
from minipush.http.schemas.base import WHOLE, RequestModel
from minipush.http.schemas.users import Tag

MAX_NAMED = 10_000
WEEK_HOURS = 7 * 24


class AllUsers(RequestModel):
    """All users with a permit for the message."""

    type: Literal["all"]

    def audience(self) -> Audience:
        return Audience(AudienceType.ALL)


class NamedUsers(RequestModel):
    """Named users. A user without a permit counts as skipped; a repeated openid counts once."""

    type: Literal["openids"]
    openids: Annotated[
        # The limit exceeds any openid: a wrong one gets a result of its own, unless it is absurdly long.
        list[Annotated[str, Field(max_length=128)]],
        Field(min_length=1, max_length=MAX_NAMED, examples=[["oAbC-1234567890defGHI_jklMNO"]]),
    ]

    def audience(self) -> Audience:
        return Audience(AudienceType.OPENIDS, tuple(dict.fromkeys(self.openids)))


class TaggedUsers(RequestModel):
    """Users with the tag and a permit for the message."""

    type: Literal["tag"]
    tag: Tag

    def audience(self) -> Audience:
        return Audience(AudienceType.TAG, tag=self.tag)


class ExpiringUsers(RequestModel):
    """Users whose last permit for the message expires within this time."""

    type: Literal["expiring"]
    within_hours: Annotated[int, Field(ge=1, le=WEEK_HOURS, examples=[24]), WHOLE]

    def audience(self) -> Audience:
        return Audience(AudienceType.EXPIRING, within_hours=self.within_hours)


class CountedUsers(RequestModel):
    """The number of a long list's openids, which lists of campaigns leave out."""

    type: Literal["openids"]
    count: int


class UsersOfApp(RequestModel):
    """Who has bound the app, as the broadcast comes by."""

    type: Literal["app"]
    appid: str


AudienceRequest = Annotated[AllUsers | NamedUsers | TaggedUsers | ExpiringUsers, Field(discriminator="type")]
AudienceResponse = AllUsers | NamedUsers | TaggedUsers | ExpiringUsers | CountedUsers | UsersOfApp


def audience_response(audience: Audience) -> AudienceResponse:
    match audience.type:
        case AudienceType.ALL:
            return AllUsers(type="all")
        case AudienceType.TAG:
            # A stored tag can be older than the rules for tags.
            return TaggedUsers.model_construct(type="tag", tag=audience.tag or "")
        case AudienceType.EXPIRING:
            return ExpiringUsers(type="expiring", within_hours=audience.within_hours or 0)
        case AudienceType.OPENIDS if audience.openids:
            return NamedUsers(type="openids", openids=list(audience.openids))
        case AudienceType.OPENIDS:
            return CountedUsers(type="openids", count=audience.left_out)
        case AudienceType.APP:
            return UsersOfApp(type="app", appid=audience.appid or "")
        case _:
            assert_never(audience.type)


def audience_json(audience: Audience) -> dict[str, Any]:
    return audience_response(audience).model_dump(mode="json")
