"""The routes by which operators read and change users."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from minipush.application.metric_names import Count
from minipush.application.metrics import of_permits
from minipush.application.permits.change_settings import ChangeSettings
from minipush.application.permits.collect_permits import CollectPermits
from minipush.application.ports.clock import Clock
from minipush.application.ports.templates import TemplateStore
from minipush.application.ports.users import UserStore
from minipush.application.record_statistics import RecordStatistics
from minipush.application.tags.list_users import ListUsers
from minipush.application.timelines.read_timeline import ReadTimeline
from minipush.domain.messages import Reason
from minipush.domain.statistics import Activity
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.collect import CollectRequest, CollectResponse, collect_response
from minipush.http.schemas.patterns import PlainId
from minipush.http.schemas.timelines import UserTimelineResponse, timeline_response
from minipush.http.schemas.users import (
    ListedUser,
    Tag,
    UpdateUserRequest,
    UserList,
    UserResponse,
    user_response,
)

Openid = Annotated[PlainId, Path()]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserServices:
    users: UserStore
    templates: TemplateStore
    collect_permits: CollectPermits
    change_settings: ChangeSettings
    list_users: ListUsers
    read_timeline: ReadTimeline
    reason_of: Callable[[int | None], Reason]
    clock: Clock
    count: Count
    record: RecordStatistics


def add_users(app: APIGatewayHttpResolver, services: UserServices) -> None:
    users = services.users

    @app.get("/users", operation_id="list_users", summary="List the users, or those who bear a tag")
    def get_users(
        tag: Annotated[Tag | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
    ) -> UserList:
        found = services.list_users(tag, limit, cursor)
        return UserList(
            items=[ListedUser(openid=id_) for id_ in found.openids], next_cursor=found.next_cursor
        )

    @app.get("/users/<openid>", operation_id="read_user", summary="Read a user's permits and settings")
    def get_user(openid: Openid) -> UserResponse:
        return user_response(users.read(openid), services.templates.read(), services.clock())

    @app.get(
        "/users/<openid>/timeline", operation_id="read_user_timeline", summary="Read what happened to a user"
    )
    def get_timeline(
        openid: Openid, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Cursor = None
    ) -> UserTimelineResponse:
        return timeline_response(services.read_timeline(openid, limit, cursor), services.reason_of)

    @app.patch(
        "/users/<openid>", operation_id="update_user", summary="Change a user's tags, opt-out and quiet hours"
    )
    def patch_user(openid: Openid, body: UpdateUserRequest) -> UserResponse:
        services.change_settings.by_operator(openid, body.changes())
        return user_response(users.read(openid), services.templates.read(), services.clock())

    @app.post(
        "/users/<openid>/permits", operation_id="add_permits", summary="Report permits on a user's behalf"
    )
    def post_permits(openid: Openid, body: CollectRequest) -> CollectResponse:
        result = services.collect_permits(openid, body.reported())
        services.count(of_permits(result))
        services.record(Activity(collected=result.permits))
        return collect_response(body, result)
