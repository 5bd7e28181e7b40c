"""The routes of bindings: for the users who make them, and for the apps."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from minipush.application.centre.bind_app import BindApp, ConfirmBinding, find_bound
from minipush.application.centre.change_binding import ChangeBinding
from minipush.application.cursors import Cursors
from minipush.application.ports.centre.apps import AppStore
from minipush.application.ports.centre.bindings import BindingStore
from minipush.domain.centre.errors import BindRefusedError, UnknownAppError
from minipush.http.edge.failures import problem_for
from minipush.http.edge.problems import ProblemError
from minipush.http.edge.resolver import caller_of, described, json_response, no_content
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.apps import PAGE, Limit
from minipush.http.schemas.centre.bindings import (
    AppBinding,
    AppBindingList,
    BindingList,
    BindingResponse,
    BindRequest,
    BoundResponse,
    ConfirmRequest,
    UpdateBindingRequest,
)
from minipush.http.schemas.patterns import PlainId

Key = Annotated[PlainId, Path(description="Of the binding.")]
NO_CONTENT: dict[int, OpenAPIResponse] = {HTTPStatus.NO_CONTENT.value: {"description": "Done"}}
POSITION = r"[0-9]{2}#[\w-]{1,64}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingServices:
    bind: BindApp
    change: ChangeBinding
    confirm: ConfirmBinding
    bindings: BindingStore
    apps: AppStore


def add_bindings(app: APIGatewayHttpResolver, services: BindingServices) -> None:
    _add_bind(app, services)
    _add_own(app, services)
    _add_of_app(app, services)


def _add_bind(app: APIGatewayHttpResolver, services: BindingServices) -> None:
    @app.post(
        "/me/bindings",
        operation_id="bind_app",
        summary="Let an app push into the user's inbox",
        responses={
            HTTPStatus.OK.value: described(BoundResponse, "Bound before"),
            HTTPStatus.CREATED.value: described(BoundResponse, "Bound"),
        },
    )
    def post_binding(body: BindRequest) -> Response[str]:
        try:
            bound = services.bind(caller_of(app).name, body.consent())
        except (BindRefusedError, UnknownAppError) as error:
            raise _refused(error) from None
        answer = BoundResponse.of(bound.binding).model_dump(mode="json")
        return json_response(answer, HTTPStatus.CREATED if bound.is_new else HTTPStatus.OK)


def _refused(error: BindRefusedError | UnknownAppError) -> ProblemError:
    """A problem that carries what the page hands back to the app. See `tell_app_of_failed_bind` for all others."""
    refusal = error.refusal if isinstance(error, BindRefusedError) else "app_unknown"
    problem = problem_for(error, {})
    problem.members["extra_data"] = {"bind": False, "errMsg": f"bind:fail {refusal}"}
    return problem


def _add_own(app: APIGatewayHttpResolver, services: BindingServices) -> None:
    @app.get("/me/bindings", operation_id="list_bindings", summary="List the apps that the user has bound")
    def get_bindings(limit: Limit = PAGE, cursor: Cursor = None) -> BindingList:
        openid = caller_of(app).name
        found = services.bindings.read_all(openid)
        page, following = Cursors("own bindings", openid).page(found, lambda one: one.ref, limit, cursor)
        apps = services.apps.read_many([one.appid for one in page])
        items = [BindingResponse.of(one, apps.get(one.appid)) for one in page]
        return BindingList(items=items, next_cursor=following)

    @app.patch("/me/bindings/<key>", operation_id="update_binding", summary="Change how an app may remind")
    def patch_binding(key: Key, body: UpdateBindingRequest) -> BindingResponse:
        changed = services.change(caller_of(app).name, key, body.changes())
        return BindingResponse.of(changed, services.apps.read(changed.appid))

    @app.put(
        "/me/bindings/<key>",
        operation_id="put_binding",
        summary="Change how an app may remind, for wx.request",
    )
    def put_binding(key: Key, body: UpdateBindingRequest) -> BindingResponse:
        """wx.request has no PATCH."""
        return patch_binding(key, body)

    @app.delete(
        "/me/bindings/<key>", operation_id="end_binding", summary="End a binding", responses=NO_CONTENT
    )
    def delete_binding(key: Key) -> Response[str]:
        services.change.end(caller_of(app).name, key)
        return no_content([])


def _add_of_app(app: APIGatewayHttpResolver, services: BindingServices) -> None:
    @app.get("/centre/bindings", operation_id="list_app_bindings", summary="List who has bound the app")
    def get_app_bindings(limit: Limit = PAGE, cursor: Cursor = None) -> AppBindingList:
        appid = caller_of(app).name
        cursors = Cursors("bindings", appid)
        start = cursors.read(cursor, POSITION).group() if cursor else None
        page = services.bindings.page(appid, start, limit)
        return AppBindingList(
            items=[AppBinding.of(user.binding) for user in page.users],
            next_cursor=cursors.write(page.following) if page.following else None,
        )

    @app.post(
        "/centre/bindings/<key>/confirm",
        operation_id="confirm_binding",
        summary="Confirm whose openid a binding has",
    )
    def post_confirmation(key: Key, body: ConfirmRequest) -> AppBinding:
        return AppBinding.of(services.confirm(caller_of(app).name, key, body.openid))

    @app.delete(
        "/centre/bindings/<key>",
        operation_id="end_app_binding",
        summary="End a binding of the app",
        responses=NO_CONTENT,
    )
    def delete_app_binding(key: Key) -> Response[str]:
        bound = find_bound(services.bindings, caller_of(app).name, key)
        services.bindings.remove(bound.openid, bound.binding)
        return no_content([])
