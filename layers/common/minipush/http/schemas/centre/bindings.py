"""Bindings: as users make and change them, and as apps see them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.application.centre.bind_app import Consent
from minipush.domain.centre.apps import App
from minipush.domain.centre.bindings import Binding
from minipush.domain.centre.inbox import Level
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant, RequestModel
from minipush.http.schemas.centre.me import DoNotDisturbRequest, DoNotDisturbResponse
from minipush.http.schemas.patterns import PlainId

LevelName = Literal["strong", "weak", "none"]


class BindRequest(RequestModel):
    """What the app handed over is checked by the use case, which says in the app's words what is wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"appid": "wx5e1f0000c0ffee02", "openid": "oShop-anna", "level": "weak"}]
        }
    )

    appid: Annotated[str, Field(max_length=64, description="From referrerInfo.appId, not from extraData.")]
    openid: Annotated[
        str | None, Field(max_length=1024, description="The user's openid in the app, from extraData.")
    ] = None
    ticket: Annotated[
        str | None, Field(max_length=8192, description="From extraData: a JWT of the app's back end.")
    ] = None
    level: LevelName | None = None

    def consent(self) -> Consent:
        level = Level(self.level) if self.level else None
        return Consent(appid=self.appid, foreign_openid=self.openid, ticket=self.ticket, level=level)


class ExtraData(BaseModel):
    """The page hands it to wx.navigateBackMiniProgram as it is."""

    key: str
    bind: bool
    errMsg: str  # noqa: N815  # as WeChat's own interfaces spell it


class BoundResponse(BaseModel):
    key: str
    appid: str
    level: Level
    confirmed: bool
    extra_data: ExtraData

    @classmethod
    def of(cls, binding: Binding) -> Self:
        return cls(
            key=binding.key,
            appid=binding.appid,
            level=binding.level,
            confirmed=binding.is_confirmed,
            extra_data=ExtraData(key=binding.key, bind=True, errMsg=""),
        )


class UpdateBindingRequest(RequestModel):
    """A missing field stays as it is; `"do_not_disturb": null` ends it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"level": "weak"}, {"do_not_disturb": {"until": "2026-12-01T08:00:00Z"}}]
        }
    )

    level: LevelName | None = None
    do_not_disturb: DoNotDisturbRequest | None = None

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {"level": Level(self.level)} if self.level else {}
        if "do_not_disturb" in self.model_fields_set:
            changes["do_not_disturb"] = self.do_not_disturb and self.do_not_disturb.value()
        return changes


class BindingResponse(BaseModel):
    key: str
    appid: str
    name: str
    icon_url: str
    level: Level
    do_not_disturb: DoNotDisturbResponse | None
    confirmed: bool
    bound_at: Instant

    @classmethod
    def of(cls, binding: Binding, app: App | None) -> Self:
        quiet = binding.do_not_disturb
        return cls(
            key=binding.key,
            appid=binding.appid,
            name=app.name if app else binding.appid,
            icon_url=app.icon_url if app else "",
            level=binding.level,
            do_not_disturb=DoNotDisturbResponse.of(quiet) if quiet else None,
            confirmed=binding.is_confirmed,
            bound_at=iso(binding.at),
        )


class BindingList(BaseModel):
    items: list[BindingResponse]
    next_cursor: str | None


class ConfirmRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"openid": "oShop-anna"}]})

    openid: PlainId


class AppBinding(BaseModel):
    """What an app sees of a binding. `active`: whether anything is stored for the user."""

    key: str
    openid: Annotated[
        str, Field(description="Of the user in the app; unconfirmed, it is what the user's phone said.")
    ]
    confirmed: bool
    active: bool

    @classmethod
    def of(cls, binding: Binding) -> Self:
        return cls(
            key=binding.key,
            openid=binding.foreign_openid,
            confirmed=binding.is_confirmed,
            active=binding.is_active,
        )


class AppBindingList(BaseModel):
    items: list[AppBinding]
    next_cursor: str | None
