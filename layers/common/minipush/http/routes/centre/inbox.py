"""The routes of a user's own inbox."""

from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from minipush.application.centre.change_inbox import DeleteMessages, MarkRead
from minipush.application.centre.read_inbox import CountUnread, ReadInbox
from minipush.http.edge.resolver import caller_of
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.inbox import ChangeInboxRequest, InboxResponse, UnreadResponse
from minipush.http.schemas.patterns import PlainId


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxServices:
    read: ReadInbox
    count_unread: CountUnread
    mark_read: MarkRead
    delete: DeleteMessages


def add_inbox(app: APIGatewayHttpResolver, services: InboxServices) -> None:
    @app.get("/me/inbox", operation_id="read_inbox", summary="List the user's messages, newest first")
    def get_inbox(
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Cursor = None,
        appid: Annotated[PlainId | None, Query()] = None,
        unread: Annotated[bool, Query()] = False,  # noqa: FBT002
    ) -> InboxResponse:
        page = services.read(caller_of(app).name, limit, cursor, appid, unread=unread)
        return InboxResponse.of(page)

    @app.post("/me/inbox/read", operation_id="mark_messages_read", summary="Mark messages as read")
    def post_read(body: ChangeInboxRequest) -> UnreadResponse:
        return _change(caller_of(app).name, body, services.mark_read, services)

    @app.post("/me/inbox/delete", operation_id="delete_messages", summary="Delete messages")
    def post_delete(body: ChangeInboxRequest) -> UnreadResponse:
        return _change(caller_of(app).name, body, services.delete, services)


def _change(
    openid: str, body: ChangeInboxRequest, change: MarkRead | DeleteMessages, services: InboxServices
) -> UnreadResponse:
    if body.before is not None:
        change.before(openid, body.before, body.appid)
    else:
        change.these(openid, body.ids or [])
    return UnreadResponse(unread=services.count_unread(openid))
