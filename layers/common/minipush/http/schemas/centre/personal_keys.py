"""A user's personal keys."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.application.centre.personal_keys import MadeKey
from minipush.domain.centre.inbox import Level
from minipush.domain.centre.personal_keys import PersonalKey
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant, RequestModel
from minipush.http.schemas.centre.apps import AppName as Label
from minipush.http.schemas.centre.bindings import LevelName
from minipush.http.schemas.centre.me import GivenInstant


class MakeKeyRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "我的服务器"}]})

    label: Label
    level: LevelName = "strong"
    expires_at: GivenInstant | None = None
    paused: bool = False


class UpdateKeyRequest(RequestModel):
    """A missing field stays as it is; `"expires_at": null` lets the key live."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    label: Label | None = None
    level: LevelName | None = None
    expires_at: GivenInstant | None = None
    paused: bool | None = None

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {} if self.label is None else {"label": self.label}
        if self.level is not None:
            changes["level"] = Level(self.level)
        if "expires_at" in self.model_fields_set:
            changes["expires_at"] = self.expires_at
        if self.paused is not None:
            changes["is_paused"] = self.paused
        return changes


class KeyResponse(BaseModel):
    id: str
    label: str
    level: Level
    expires_at: Instant | None
    paused: bool
    made_at: Instant

    @classmethod
    def of(cls, key: PersonalKey) -> Self:
        return cls(**_fields(key))


class KeyList(BaseModel):
    items: list[KeyResponse]
    next_cursor: str | None


class MadeKeyResponse(KeyResponse):
    key: Annotated[str, Field(description="It is shown once.")]
    push_url: Annotated[str, Field(description="The address to push to, with the key.")]

    @classmethod
    def made(cls, made: MadeKey, base: str) -> Self:
        return cls(**_fields(made.key), key=made.text, push_url=f"{base}/p/{made.text}")


def _fields(key: PersonalKey) -> dict[str, Any]:
    return {
        "id": key.ref,
        "label": key.label,
        "level": key.level,
        "expires_at": None if key.expires_at is None else iso(key.expires_at),
        "paused": key.is_paused,
        "made_at": iso(key.made_at),
    }
