"""Messages, and the results of sending them."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from minipush.channels import message_type
from minipush.domain.accounts import AccountKind
from minipush.domain.messages import Message, MiniProgramLink, Outcome, Reason, Status
from minipush.domain.pages import normalized_page
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, NOT_BLANK, RequestModel
from minipush.http.schemas.names import PermitKindName, RequestedMessageType
from minipush.http.schemas.patterns import Matches, PlainId

MAX_RECIPIENTS = 100


def _listed(given: Any) -> Any:
    if not isinstance(given, str | list):
        raise ValueError("expected an openid or a list of openids")  # noqa: TRY004  # pydantic takes ValueError
    return [given] if isinstance(given, str) else given


Recipients = Annotated[
    # The limit exceeds any openid: a wrong one gets a result of its own, unless it is absurdly long.
    list[Annotated[str, Field(max_length=128)]],
    Field(min_length=1, max_length=MAX_RECIPIENTS),
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "description": "An openid or a list of openids.",
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


class Value(RequestModel):
    value: Annotated[str, Field(max_length=2000)]


Page = Annotated[str, Field(max_length=1024), AfterValidator(normalized_page)]
WebAddress = Annotated[
    str,
    Field(max_length=1024, examples=["https://example.org/orders/7"]),
    Matches(r"https?://[^\s\x00-\x1f\x7f]+", "an address that begins with https:// or http://"),
]


class MiniProgramLinkSchema(RequestModel):
    """A page of a mini-program that is bound to the official account; by default of the deployment's own."""

    page: Annotated[Page, NOT_BLANK, Field(examples=["pages/order?id=7"])]
    appid: Annotated[PlainId | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, link: MiniProgramLink) -> Self:
        return cls(page=link.page, appid=link.appid)

    def link(self) -> MiniProgramLink:
        return MiniProgramLink(self.page, self.appid)


class MessageFields(RequestModel):
    """A message, without its recipients."""

    type: RequestedMessageType
    template_id: PlainId
    page: Annotated[Page | None, Field(examples=["pages/order?id=7"])] = None
    data: Annotated[
        dict[str, Value] | None,
        Field(
            max_length=50,
            description="In WeChat's own format.",
            examples=[{"thing1": {"value": "Your order"}}],
        ),
    ] = None
    keywords: Annotated[
        list[Annotated[str, Field(max_length=2000)]] | None,
        Field(
            max_length=50,
            description="Short form of data with keyword1, keyword2, …; only for template messages.",
        ),
    ] = None
    emphasis_keyword: Annotated[str | None, Field(max_length=64)] = None
    miniprogram_state: Literal["developer", "trial", "formal"] | None = None
    lang: Literal["zh_CN", "en_US", "zh_HK", "zh_TW"] | None = None
    on_unknown: Annotated[
        Literal["retry"] | None,
        Field(description="Send again if WeChat's answer is lost. The user may get the message twice."),
    ] = None
    # Left out, so that a request without it is the same body as before the field existed: see Idempotency.
    fields: Annotated[
        Literal["unchecked"] | None,
        LEFT_OUT_IF_NONE,
        Field(description="Leave it to WeChat to check the values in data. Not for template messages."),
    ] = None
    url: Annotated[
        WebAddress | None,
        LEFT_OUT_IF_NONE,
        Field(description="Only for official messages. Clients that can't open the mini-program open it."),
    ] = None
    miniprogram: Annotated[
        MiniProgramLinkSchema | None,
        LEFT_OUT_IF_NONE,
        Field(description="Only for official messages. WeChat prefers it to url."),
    ] = None

    @field_validator("keywords")
    @classmethod
    def _belong_to_template_messages(
        cls, keywords: list[str] | None, info: ValidationInfo
    ) -> list[str] | None:
        requested = info.data.get("type")
        if keywords is not None and requested and message_type(requested).has_field_rules:
            raise ValueError(
                f"{requested} messages have no keywords: give data, with the keys of the template"
            )
        return keywords

    @field_validator("url", "miniprogram")
    @classmethod
    def _belong_to_official_messages[T](cls, given: T, info: ValidationInfo) -> T:
        if given is not None and not _is_official(info):
            raise ValueError("only official messages have it")
        return given

    @field_validator("page", "emphasis_keyword", "miniprogram_state", "lang", "on_unknown")
    @classmethod
    def _belong_to_the_mini_program[T](cls, given: T, info: ValidationInfo) -> T:
        if given is not None and _is_official(info):
            raise ValueError("official messages don't have it; their page is in miniprogram")
        return given

    @model_validator(mode="after")
    def _one_of_data_and_keywords(self) -> Self:
        if self.data is not None and self.keywords is not None:
            raise ValueError("data and keywords exclude each other")
        return self

    def message(self) -> Message:
        return Message(
            message_type(self.type),
            self.template_id,
            self.page,
            self._data(),
            self.emphasis_keyword,
            self.miniprogram_state,
            self.lang,
            on_unknown=self.on_unknown,
            checks_values=self.fields is None,
            url=self.url,
            link=self.miniprogram.link() if self.miniprogram else None,
        )

    def _data(self) -> dict[str, dict[str, str]]:
        if self.keywords is not None:
            return {f"keyword{n}": {"value": text} for n, text in enumerate(self.keywords, 1)}
        return {name: {"value": value.value} for name, value in (self.data or {}).items()}


def _is_official(info: ValidationInfo) -> bool:
    requested = info.data.get("type")
    return requested is not None and message_type(requested).account is AccountKind.OFFICIAL_ACCOUNT


class MessageRequest(MessageFields):
    """A message and its recipients."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "touser": ["oAbC-1234567890defGHI_jklMNO", "oAbC-0987654321defGHI_jklMNO"],
                    "type": "subscribe",
                    "template_id": "S1",
                    "data": {"thing1": {"value": "Your order"}, "time2": {"value": "19:30"}},
                    "essential": True,
                },
                {
                    "touser": "oAbC-1234567890defGHI_jklMNO",
                    "type": "template",
                    "template_id": "T1",
                    "page": "pages/order?id=7",
                    "keywords": ["Your order", "Ready"],
                },
                {
                    "touser": "oAbC-1234567890defGHI_jklMNO",
                    "type": "official",
                    "template_id": "O1",
                    "data": {"thing1": {"value": "Your order"}, "time2": {"value": "19:30"}},
                    "miniprogram": {"page": "pages/order?id=7"},
                },
            ]
        }
    )

    essential: Annotated[
        bool, Field(description="Send it also to users who opted out or have quiet hours.")
    ] = False
    touser: Recipients

    def message(self) -> Message:
        return replace(super().message(), essential=self.essential)


Errmsg = Annotated[
    str | SkipJsonSchema[None],
    LEFT_OUT_IF_NONE,
    Field(description="What WeChat said with the errcode, for people: its wording changes."),
]
Rid = Annotated[
    str | SkipJsonSchema[None],
    LEFT_OUT_IF_NONE,
    Field(description="WeChat's id of the refused call. Its console explains the call for seven days."),
]


class ResultResponse(BaseModel):
    openid: str
    status: Status
    reason: Annotated[Reason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errmsg: Errmsg = None
    rid: Rid = None
    permit_kind: Annotated[PermitKindName | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    msgid: Annotated[
        str | SkipJsonSchema[None],
        LEFT_OUT_IF_NONE,
        Field(description="WeChat's 64-bit number for the message, as text."),
    ] = None


class MessagesResponse(BaseModel):
    results: list[ResultResponse]


def result_response(outcome: Outcome) -> ResultResponse:
    return ResultResponse(
        openid=outcome.openid,
        status=outcome.status,
        reason=outcome.reason,
        errcode=outcome.errcode,
        errmsg=outcome.errmsg,
        rid=outcome.rid,
        permit_kind=outcome.permit_kind.name if outcome.permit_kind else None,
        msgid=None if outcome.msgid is None else str(outcome.msgid),
    )
