"""A user's inbox."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from minipush.application.centre.read_inbox import ShownMessage, ShownPage
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant, RequestModel
from minipush.http.schemas.centre.me import GivenInstant
from minipush.http.schemas.patterns import Matches, PlainId

MAX_IDS = 100
MessageId = Annotated[str, Matches("[0-9a-z]{32}", "32 small letters and digits")]


class ChangeInboxRequest(RequestModel):
    """Messages by their ids, or all that came before an instant, of one app or of all senders."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"before": "2026-12-01T08:00:00Z"},
                {"ids": ["1kceo5b00o2jmhljvicabcdefghijkl2"]},
            ]
        }
    )

    ids: Annotated[list[MessageId] | None, Field(min_length=1, max_length=MAX_IDS)] = None
    before: GivenInstant | None = None
    appid: PlainId | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.ids is None) == (self.before is None):
            raise ValueError("expected either ids or before")
        if self.ids is not None and self.appid is not None:
            raise ValueError("appid goes with before")
        return self


class UnreadResponse(BaseModel):
    unread: Annotated[int, Field(description="99 stands for more.")]


class SenderResponse(BaseModel):
    kind: SenderKind
    appid: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    name: Annotated[str, Field(description="The app's registered name, or the label of a personal key.")]

    @classmethod
    def of(cls, sender: Sender) -> Self:
        appid = sender.id if sender.kind is SenderKind.APP else None
        return cls(kind=sender.kind, appid=appid, name=sender.name)


class ReminderResponse(BaseModel):
    status: Annotated[
        str, Field(description="`sent`, `failed`, `skipped` or `unknown` are final; any other is under way.")
    ]
    channel: Annotated[ChannelKind | None, LEFT_OUT_IF_NONE] = None
    reason: Annotated[ReminderReason | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, reminder: ReminderState) -> Self:
        return cls(status=reminder.status.value, channel=reminder.channel, reason=reminder.reason)


class InboxItem(BaseModel):
    """An unchecked message (`"checked": false`) and a blocked one (`content_blocked`) are without their texts."""

    id: str
    from_: Annotated[SenderResponse, Field(serialization_alias="from")]
    title: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    body: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    markdown: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    url: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    page: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    copy_: Annotated[str | None, LEFT_OUT_IF_NONE, Field(serialization_alias="copy")] = None
    group: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    at: Instant
    read: bool
    checked: bool
    content_blocked: Annotated[bool | None, LEFT_OUT_IF_NONE] = None
    reminder: Annotated[ReminderResponse | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, shown: ShownMessage) -> Self:
        message = shown.message
        return cls(
            id=message.id,
            from_=SenderResponse.of(message.sender),
            **_texts(message),
            at=iso(message.at),
            read=shown.is_read,
            checked=message.text_check is not TextCheck.PENDING,
            content_blocked=True if message.text_check is TextCheck.BLOCKED else None,
            reminder=ReminderResponse.of(message.reminder) if message.reminder else None,
        )


def _texts(message: InboxMessage) -> dict[str, str | None]:
    if message.text_check in (TextCheck.PENDING, TextCheck.BLOCKED):
        return {}
    content: Content = message.content
    return {
        "title": content.title,
        "body": content.body,
        "markdown": content.markdown,
        "url": content.url,
        "page": content.page,
        "copy_": content.copy,
        "group": content.group,
    }


class InboxResponse(BaseModel):
    items: Annotated[list[InboxItem], Field(description="Newest first.")]
    next_cursor: str | None

    @classmethod
    def of(cls, page: ShownPage) -> Self:
        return cls(items=[InboxItem.of(shown) for shown in page.messages], next_cursor=page.next_cursor)
