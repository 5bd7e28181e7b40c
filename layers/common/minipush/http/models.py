"""The bodies of the HTTP contract."""

from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from minipush.domain.messages import Message, MessageType, Reason, Status
from minipush.domain.permits import Kind, Refusal, form_permits, pay_permits, subscription_permits
from minipush.domain.users import QuietHours
from minipush.usecases.collect_permits import Offer

MAX_ENTRIES = 100
MAX_RECIPIENTS = 100


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


TemplateId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["vip"])]
Recipients = Annotated[
    # Longer than any openid: what isn't one becomes a result, unless it is out of all proportion.
    list[Annotated[str, Field(max_length=128)]],
    Field(min_length=1, max_length=MAX_RECIPIENTS),
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
    WithJsonSchema(
        {
            "description": "An openid, or a list of them.",
            "anyOf": [
                {"type": "string", "maxLength": 128},
                {
                    "type": "array",
                    "items": {"type": "string", "maxLength": 128},
                    "minItems": 1,
                    "maxItems": MAX_RECIPIENTS,
                },
            ],
            "examples": ["oAbC-1234567890defGHI_jklMNO", ["oAbC-1234567890defGHI_jklMNO"]],
        }
    ),
]
LEFT_OUT_IF_NONE = Field(exclude_if=lambda value: value is None, json_schema_extra=_without_default)


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
    form_id: Annotated[str, Field(examples=["c0ffee01d15ea5e1"])]
    expires_at: Annotated[
        int | None,
        Field(
            description="Milliseconds since the epoch; seven days from receipt at most.",
            examples=[1795420800000],
        ),
    ] = None


class PrepayIdEntry(Body):
    prepay_id: Annotated[str, Field(examples=["prepay_id=wx201410272009395522657a690389285100"])]


class SubscriptionEntry(Body):
    id: Annotated[
        str, Field(description="Made by the client, unique to this accept.", examples=["1795420800000-1"])
    ]
    template_id: str
    result: Annotated[
        str,
        Field(description="What wx.requestSubscribeMessage gave for the template.", examples=["accept"]),
    ]
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
    pointer: Annotated[str, Field(description="Of the entry, as RFC 6901 has it.", examples=["/form_ids/1"])]
    reason: Refusal


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
    page: Annotated[str | None, Field(max_length=1024, examples=["pages/order?id=7"])] = None
    data: Annotated[
        dict[str, Value] | None,
        Field(max_length=50, description="WeChat's own shape.", examples=[{"keyword1": {"value": "Ready"}}]),
    ] = None
    keywords: Annotated[
        list[Annotated[str, Field(max_length=2000)]] | None,
        Field(max_length=50, description="Short for data with keyword1, keyword2, …"),
    ] = None
    emphasis_keyword: Annotated[str | None, Field(max_length=64)] = None
    miniprogram_state: Literal["developer", "trial", "formal"] | None = None
    lang: Literal["zh_CN", "en_US", "zh_HK", "zh_TW"] | None = None
    essential: Annotated[bool, Field(description="Goes also to users who opted out or have quiet hours.")] = (
        False
    )
    touser: Recipients

    @model_validator(mode="after")
    def _one_of_data_and_keywords(self) -> Self:
        if self.data is not None and self.keywords is not None:
            raise ValueError("data and keywords exclude each other")
        return self

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
    status: Status
    reason: Annotated[Reason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    permit_kind: Annotated[Kind | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None


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
