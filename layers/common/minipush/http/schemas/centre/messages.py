"""Pushes of apps into users' inboxes, and what became of them."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from minipush.application.centre.push_messages import PushRecipient
from minipush.application.centre.sent_messages import Receipt
from minipush.domain.blanks import trimmed
from minipush.domain.centre.inbox import Content, Level
from minipush.domain.centre.pushes import REMINDED_MS, Push, PushOutcome, PushReason, PushStatus
from minipush.domain.pages import normalized_page
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, WHOLE, Instant, RequestModel
from minipush.http.schemas.centre.inbox import ReminderResponse

MAX_RECIPIENTS = 100
BODY_BYTES = 4_096
# A character has a byte at least.
FEW: JsonDict = {"maxLength": BODY_BYTES}
SHORTEST_TTL, LONGEST_TTL = 60, 7 * 24 * 60 * 60


def _few_bytes(text: str) -> str:
    if len(text.encode()) > BODY_BYTES:
        raise ValueError(f"expected at most {BODY_BYTES} bytes in UTF-8")
    return text


def _https(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_https = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_https = False
    if not is_https or any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("expected an https URL, such as https://shop.example/orders/7")
    return text


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, dict) else given


class RecipientRequest(RequestModel):
    """A user: by the key of the binding, or by your own openid of a confirmed binding."""

    key: Annotated[str | None, Field(min_length=1, max_length=64), LEFT_OUT_IF_NONE] = None
    openid: Annotated[str | None, Field(min_length=1, max_length=128), LEFT_OUT_IF_NONE] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.key is None) == (self.openid is None):
            raise ValueError("expected either key or openid")
        return self

    def recipient(self) -> PushRecipient:
        return PushRecipient(self.key, self.openid)


Recipients = Annotated[list[RecipientRequest], Field(min_length=1, max_length=MAX_RECIPIENTS)]


class PushFields(RequestModel):
    """A message, without its recipients and without an id."""

    title: Annotated[str, Field(max_length=100)] = ""
    body: Annotated[
        str, AfterValidator(_few_bytes), Field(description="4,096 bytes at most.", json_schema_extra=FEW)
    ] = ""
    markdown: Annotated[
        Annotated[str, AfterValidator(_few_bytes), Field(json_schema_extra=FEW)] | None,
        Field(description="Takes the place of body where Markdown can be shown. 4,096 bytes at most."),
    ] = None
    url: Annotated[
        Annotated[str, Field(max_length=1024), AfterValidator(_https)] | None,
        Field(description="What a tap opens, an https URL; or `page`."),
    ] = None
    page: Annotated[
        Annotated[str, Field(max_length=1024), AfterValidator(normalized_page)] | None,
        Field(description="A page of your mini-program that a tap opens.", examples=["pages/order?id=7"]),
    ] = None
    copy_: Annotated[
        Annotated[str, Field(max_length=1024)] | None, Field(alias="copy", description="What a tap copies.")
    ] = None
    level: Annotated[
        Literal["strong", "weak"] | None,
        Field(description="Lowers the level of the binding; it can't raise it."),
    ] = None
    ttl: Annotated[
        Annotated[int, Field(ge=SHORTEST_TTL, le=LONGEST_TTL), WHOLE] | None,
        Field(description=f"For so many seconds the user is reminded: {REMINDED_MS // 1000} by default."),
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(map(trimmed, (self.title, self.body, self.markdown or ""))):
            raise ValueError("expected a title, a body or markdown")
        if self.url is not None and self.page is not None:
            raise ValueError("expected either url or page")
        return self

    def push(self) -> Push:
        return Push(
            content=Content(
                title=self.title,
                body=self.body,
                markdown=self.markdown,
                url=self.url,
                page=self.page,
                copy=self.copy_,
            ),
            level=Level(self.level) if self.level else None,
            reminded_ms=REMINDED_MS if self.ttl is None else self.ttl * 1000,
        )


class PushRequest(PushFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "to": {"openid": "oShopUser1"},
                    "title": "Parcel",
                    "body": "It is here.",
                    "page": "pages/order?id=7",
                }
            ]
        }
    )

    to: Annotated[
        Recipients,
        BeforeValidator(_listed, json_schema_input_type=RecipientRequest | Recipients),
        Field(description="One recipient, or a list of 1 to 100."),
    ]
    id: Annotated[
        Annotated[str, Field(min_length=1, max_length=255)] | None,
        Field(description="Your own id of the message. A message replaces your earlier one of the same id."),
    ] = None

    def push(self) -> Push:
        return replace(super().push(), ref=self.id)


class PushResult(BaseModel):
    to: RecipientRequest
    status: PushStatus
    message_id: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    reason: Annotated[PushReason | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, to: RecipientRequest, outcome: PushOutcome) -> Self:
        return cls(to=to, status=outcome.status, message_id=outcome.message_id, reason=outcome.reason)


class PushResponse(BaseModel):
    results: Annotated[list[PushResult], Field(description="In the order of `to`.")]


class ReceiptResponse(BaseModel):
    stored_at: Instant
    checked: bool
    read: Annotated[
        bool | None, LEFT_OUT_IF_NONE, Field(description="Only where the user shares receipts.")
    ] = None
    reminder: Annotated[
        ReminderResponse | None, LEFT_OUT_IF_NONE, Field(description="Only where the user shares receipts.")
    ] = None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(
            stored_at=iso(receipt.stored_at),
            checked=receipt.is_checked,
            read=receipt.is_read,
            reminder=ReminderResponse.of(receipt.reminder) if receipt.reminder else None,
        )
