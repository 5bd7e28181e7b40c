"""The bodies and queries of the control API."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from local.simulator.account.templates import Template
from local.simulator.faults import Fault
from local.simulator.permits.popups import Choice
from local.simulator.pushes.callbacks import Callback, Format, Mode
from local.simulator.pushes.events import Event
from local.simulator.settings import ENCODING_AES_KEY


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUsers(Body):
    openid: str | None = Field(default=None, min_length=1, max_length=128)
    high_risk: bool = False
    count: int | None = Field(default=None, ge=1, le=1_000_000)


class Permits(Body):
    """For one user (`openid`) or for several (`openids`)."""

    openid: str | None = None
    openids: list[str] = []
    count: int = Field(default=1, ge=0, le=100_000)

    def users(self) -> list[str]:
        return [self.openid, *self.openids] if self.openid else self.openids


class Accepts(Permits):
    template_id: str
    long_term: bool = False
    result: Literal["accept", "reject", "turn_on"] = "accept"


class Popup(Body):
    """wx.requestSubscribeMessage. `choices`: the user's choice for each template. `keep`: "always keep"."""

    openid: str
    choices: dict[str, Choice]
    keep: bool = False


class Follows(Body):
    """Mini-program users (`openids`) who follow the official account, or so many strangers (`count`)."""

    openids: list[str] = []
    count: int = Field(default=0, ge=0, le=1_000_000)


class Unfollows(Body):
    openids: list[str] = Field(min_length=1)


class Scan(Body):
    openid: str
    scene: str = ""


class Offset(Body):
    offset: float


class Step(Body):
    seconds: float


class Revocation(Body):
    access_token: str | None = None


class Push(Body):
    """An event for a callback, encrypted if it has a key. `entries` is the event's List; events of the official account have `fields`."""

    url: str = Field(pattern="^https?://")
    token: str
    encoding_aes_key: str | None = Field(default=None, pattern=ENCODING_AES_KEY)
    format: Format = "json"
    mode: Mode | None = None
    openid: str
    event: str
    entries: list[dict[str, str | int]] = []
    fields: dict[str, str | int] = {}
    official: bool = False
    at: int | None = None

    @property
    def callback(self) -> Callback:
        return Callback(
            url=self.url,
            token=self.token,
            encoding_aes_key=self.encoding_aes_key,
            format=self.format,
            wanted=self.mode,
        )

    def to_event(self, at: int) -> Event:
        if not self.entries and not self.official:
            raise ValueError("the event has no entries")
        at = at if self.at is None else self.at
        return Event(self.openid, self.event, tuple(self.entries), at, self.fields, self.official)


class Page(BaseModel):
    limit: int = Field(default=100, ge=1, le=10_000)
    cursor: int = Field(default=0, ge=0)
    openid: str | None = None


class Settle(BaseModel):
    """`wait`: seconds to wait for all pushes."""

    wait: float = Field(default=0, ge=0, le=600)


TEMPLATE: TypeAdapter[Template] = TypeAdapter(Template)
FAULTS: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])
CHANGES: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
