"""What may be asked of the control API: the bodies and queries, checked."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from local.simulator.faults import Fault
from local.simulator.templates import Template


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUsers(Body):
    openid: str | None = Field(default=None, min_length=1, max_length=128)
    high_risk: bool = False
    count: int | None = Field(default=None, ge=1, le=1_000_000)


class Permits(Body):
    """For one user (`openid`), or alike for many (`openids`)."""

    openid: str | None = None
    openids: list[str] = []
    count: int = Field(default=1, ge=0, le=100_000)

    def users(self) -> list[str]:
        return [self.openid, *self.openids] if self.openid else self.openids


class Accepts(Permits):
    template_id: str
    long_term: bool = False
    result: Literal["accept", "reject"] = "accept"


class Offset(Body):
    offset: float


class Step(Body):
    seconds: float


class Revocation(Body):
    access_token: str | None = None


class Push(Body):
    """An event for a callback; encrypted where there is a key. `entries` is the event's List."""

    url: str = Field(pattern="^https?://")
    token: str
    encoding_aes_key: str | None = Field(default=None, pattern="^[A-Za-z0-9+/]{43}$")
    format: Literal["json", "xml"] = "json"
    openid: str
    event: str
    entries: list[dict[str, str | int]] = Field(min_length=1)


class Page(BaseModel):
    limit: int = Field(default=100, ge=1, le=10_000)
    cursor: int = Field(default=0, ge=0)
    openid: str | None = None


TEMPLATE: TypeAdapter[Template] = TypeAdapter(Template)
FAULTS: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])
CHANGES: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
