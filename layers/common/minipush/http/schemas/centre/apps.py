"""Apps: as operators register them, and as users and the apps themselves see them."""

from dataclasses import asdict
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from minipush.application.centre.read_cases import OwnStanding
from minipush.domain.centre.apps import App, AppStatus
from minipush.domain.centre.cases import APPID
from minipush.domain.centre.pushes import USUAL_LIMITS, PushLimits
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import NOT_BLANK, Instant, RequestModel
from minipush.http.schemas.centre.sanctions import StandingResponse
from minipush.http.schemas.patterns import NO_PLACEHOLDER, Matches, PlainId

PAGE = 100


# Users rely on the name: no line breaks, and no marks that change the direction in which the rest is read.
AppName = Annotated[
    str,
    Field(min_length=1, max_length=64),
    Matches(
        r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+",
        "one line, without control characters and marks of direction",
    ),
    NOT_BLANK,
]
IconUrl = Annotated[
    str, Field(max_length=1024), Matches(r"(https://[!-~]+)?", "a URL that begins with https://")
]
Summary = Annotated[str, Field(max_length=200)]
Contact = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=PAGE)]


class LimitsSchema(RequestModel):
    """How much the app may push: requests a second, messages to one user in an hour and in a day, and broadcasts a day."""

    per_second: Annotated[int, Field(ge=1, le=100)] = USUAL_LIMITS.per_second
    to_user_per_hour: Annotated[int, Field(ge=1, le=1000)] = USUAL_LIMITS.to_user_per_hour
    to_user_per_day: Annotated[int, Field(ge=1, le=1000)] = USUAL_LIMITS.to_user_per_day
    broadcasts_per_day: Annotated[int, Field(ge=0, le=100)] = USUAL_LIMITS.broadcasts_per_day

    def limits(self) -> PushLimits:
        return PushLimits(**self.model_dump())


class ChangedLimits(RequestModel):
    """A missing limit stays as it is."""

    per_second: Annotated[int, Field(ge=1, le=100)] | None = None
    to_user_per_hour: Annotated[int, Field(ge=1, le=1000)] | None = None
    to_user_per_day: Annotated[int, Field(ge=1, le=1000)] | None = None
    broadcasts_per_day: Annotated[int, Field(ge=0, le=100)] | None = None


EXAMPLE: dict[str, Any] = {
    "appid": "wx5e1f0000c0ffee02",
    "name": "某某商城",
    "icon_url": "https://shop.example/icon.png",
    "summary": "订单与物流通知",
    "contact": "ops@shop.example",
}


class RegisterAppRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    appid: Annotated[str, Matches(APPID, "1 to 40 letters, digits, _ and -"), NO_PLACEHOLDER]
    name: AppName
    icon_url: IconUrl = ""
    summary: Summary = ""
    contact: Contact = ""
    owner_openid: PlainId | None = None
    limits: LimitsSchema = LimitsSchema()

    def app(self, now: int) -> App:
        return App(**self.model_dump() | {"limits": self.limits.limits()}, registered_at=now)


class UpdateAppRequest(RequestModel):
    """A missing field stays as it is; `"owner_openid": null` removes the owner."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"summary": "订单通知"}]})

    name: AppName | None = None
    icon_url: IconUrl | None = None
    summary: Summary | None = None
    contact: Contact | None = None
    owner_openid: PlainId | None = None
    limits: ChangedLimits | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True, exclude={"limits"})
        limits = self.limits.model_dump(exclude_none=True) if self.limits else {}
        kept = {name: value for name, value in given.items() if value is not None or name == "owner_openid"}
        return kept | ({"limits": limits} if limits else {})


class SecretResponse(BaseModel):
    secret: Annotated[str, Field(description="It is shown once.")]


class ConsentResponse(BaseModel):
    """What a user reads before binding."""

    appid: str
    name: str
    icon_url: str
    summary: str
    status: AppStatus

    @classmethod
    def of(cls, app: App, now: int) -> Self:
        return cls(
            appid=app.appid,
            name=app.name,
            icon_url=app.icon_url,
            summary=app.summary,
            status=app.status(now),
        )


class AppResponse(ConsentResponse):
    """What an operator sees."""

    contact: str
    owner_openid: str | None
    limits: LimitsSchema
    registered_at: Instant

    @classmethod
    def of(cls, app: App, now: int) -> Self:
        return cls(
            appid=app.appid,
            name=app.name,
            icon_url=app.icon_url,
            summary=app.summary,
            status=app.status(now),
            contact=app.contact,
            owner_openid=app.owner_openid,
            limits=LimitsSchema(**asdict(app.limits)),
            registered_at=iso(app.registered_at),
        )


class AppList(BaseModel):
    items: list[AppResponse]
    next_cursor: str | None


class AppDetail(AppResponse, StandingResponse):
    """What an operator sees of one app."""

    @classmethod
    def of_one(cls, app: App, now: int, standing: OwnStanding) -> Self:
        return cls(**dict(AppResponse.of(app, now)), **dict(StandingResponse.of_standing(standing)))


class OwnAppResponse(StandingResponse):
    """What an app sees of itself."""

    appid: str
    name: str
    status: AppStatus

    @classmethod
    def of(cls, app: App, now: int, standing: OwnStanding) -> Self:
        shown = dict(StandingResponse.of_standing(standing))
        return cls(appid=app.appid, name=app.name, status=app.status(now), **shown)
