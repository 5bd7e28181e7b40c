"""The bodies of the HTTP contract."""

from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from minipush.domain.messages import Message, MessageType
from minipush.domain.permits import form_permits, pay_permits, subscription_permits
from minipush.domain.users import QuietHours
from minipush.usecases.collect_permits import Offer

MAX_ENTRIES = 100
MAX_RECIPIENTS = 100

TemplateId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """Nothing is coerced, and an unknown field is an error: a misspelt one must not pass unseen."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SessionRequest(Body):
    code: Annotated[str, Field(min_length=1, max_length=512, description="What wx.login gave.")]


class SessionAnswer(BaseModel):
    token: str
    expires_in: Annotated[int, Field(description="Seconds.")]
    openid: str


class FormIdEntry(Body):
    form_id: str
    expires_at: Annotated[
        int | None, Field(description="Milliseconds since the epoch; seven days from receipt at most.")
    ] = None


class PrepayIdEntry(Body):
    prepay_id: str


class SubscriptionEntry(Body):
    id: Annotated[str, Field(description="Made by the client, unique to this accept.")]
    template_id: str
    result: Annotated[str, Field(description="What wx.requestSubscribeMessage gave for the template.")]
    long_term: bool = False


class CollectRequest(Body):
    form_ids: list[FormIdEntry] = []
    prepay_ids: list[PrepayIdEntry] = []
    subscriptions: list[SubscriptionEntry] = []

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.form_ids) + len(self.prepay_ids) + len(self.subscriptions) > MAX_ENTRIES:
            raise ValueError(f"{MAX_ENTRIES} entries in all at most")
        return self

    def offers(self) -> list[Offer]:
        return [
            *((f"/form_ids/{n}", _form(entry)) for n, entry in enumerate(self.form_ids)),
            *((f"/prepay_ids/{n}", _prepay(entry)) for n, entry in enumerate(self.prepay_ids)),
            *((f"/subscriptions/{n}", _subscription(entry)) for n, entry in enumerate(self.subscriptions)),
        ]


def _form(entry: FormIdEntry) -> Any:
    return lambda now: form_permits(entry.form_id, entry.expires_at, now)


def _prepay(entry: PrepayIdEntry) -> Any:
    return lambda now: pay_permits(entry.prepay_id, now)


def _subscription(entry: SubscriptionEntry) -> Any:
    return lambda _: subscription_permits(
        entry.id, entry.template_id, entry.result, long_term=entry.long_term
    )


class Rejected(BaseModel):
    pointer: str
    reason: Literal["mock_form_id", "expired", "malformed", "too_many", "not_accepted"]


class CollectAnswer(BaseModel):
    stored: Annotated[int, Field(description="Entries that are new.")]
    rejected: list[Rejected]


class QuietHoursBody(Body):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]
    timezone: Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"])]

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError("not the name of a time zone") from None
        return name

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to are the same")
        return self

    @classmethod
    def of(cls, hours: QuietHours) -> Self:
        return cls(start=f"{hours.start:%H:%M}", end=f"{hours.end:%H:%M}", timezone=hours.timezone)

    def hours(self) -> QuietHours:
        return QuietHours(time.fromisoformat(self.start), time.fromisoformat(self.end), self.timezone)


class MePatch(Body):
    opt_out: bool | None = None
    quiet_hours: QuietHoursBody | None = None

    def changes(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.opt_out is not None:
            given["opt_out"] = self.opt_out
        if "quiet_hours" in self.model_fields_set:
            given["quiet_hours"] = self.quiet_hours and self.quiet_hours.hours()
        return given


class MeAnswer(BaseModel):
    openid: str
    opt_out: bool
    quiet_hours: QuietHoursBody | None


class Value(Body):
    value: Annotated[str, Field(max_length=2000)]


class MessageRequest(Body):
    """A message and to whom."""

    type: Literal["template", "subscribe"]
    template_id: TemplateId
    page: Annotated[str | None, Field(max_length=1024)] = None
    data: Annotated[dict[str, Value] | None, Field(max_length=50)] = None
    keywords: Annotated[
        list[Annotated[str, Field(max_length=2000)]] | None,
        Field(max_length=50, description="Short for data with keyword1, keyword2, …"),
    ] = None
    emphasis_keyword: Annotated[str | None, Field(max_length=64)] = None
    miniprogram_state: Literal["developer", "trial", "formal"] | None = None
    lang: Literal["zh_CN", "en_US", "zh_HK", "zh_TW"] | None = None
    essential: Annotated[bool, Field(description="Goes also to users who opted out.")] = False
    touser: Annotated[
        str | Annotated[list[str], Field(min_length=1, max_length=MAX_RECIPIENTS)],
        Field(description="An openid, or a list of them."),
    ]

    @model_validator(mode="after")
    def _one_of_data_and_keywords(self) -> Self:
        if self.data is not None and self.keywords is not None:
            raise ValueError("data and keywords exclude each other")
        return self

    @property
    def openids(self) -> list[str]:
        return [self.touser] if isinstance(self.touser, str) else self.touser

    def message(self) -> Message:
        return Message(
            MessageType(self.type),
            self.template_id,
            self.page,
            self._data(),
            self.emphasis_keyword,
            self.miniprogram_state,
            self.lang,
            self.essential,
        )

    def _data(self) -> dict[str, dict[str, str]]:
        if self.keywords is not None:
            return {f"keyword{n}": {"value": text} for n, text in enumerate(self.keywords, 1)}
        return {name: {"value": value.value} for name, value in (self.data or {}).items()}


class ResultBody(BaseModel):
    openid: str
    status: Literal["sent", "failed", "skipped", "unknown"]
    reason: str | None = None
    errcode: int | None = None
    permit_kind: Literal["form", "pay", "once", "long"] | None = None


class MessageAnswer(BaseModel):
    results: list[ResultBody]


class UserPatch(Body):
    tags: Annotated[list[Tag] | None, Field(max_length=50)] = None
    opt_out: bool | None = None

    def changes(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.tags is not None:
            given["tags"] = tuple(sorted(set(self.tags)))
        if self.opt_out is not None:
            given["opt_out"] = self.opt_out
        return given


class PermitCounts(BaseModel):
    form: int
    pay: int
    once: dict[str, int]
    long: list[str]


class UserAnswer(BaseModel):
    openid: str
    permits: PermitCounts
    next_expiry: Annotated[str | None, Field(description="ISO 8601, UTC.")]
    opt_out: bool
    tags: list[str]


class DayBody(BaseModel):
    day: Annotated[str, Field(description="UTC.")]
    permits: int


class PoolAnswer(BaseModel):
    reachable_users: int
    permits: int
    expiring: list[DayBody]
    measured_at: Annotated[str | None, Field(description="ISO 8601, UTC; null before the first sweep.")]


class HealthAnswer(BaseModel):
    status: Literal["ok"]
