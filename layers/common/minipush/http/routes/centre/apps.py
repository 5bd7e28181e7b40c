"""The routes of apps: for operators, for the page where a user consents, and for the apps themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from minipush.application.centre.read_cases import OwnStanding
from minipush.application.centre.register_app import RegisterApp
from minipush.application.cursors import Cursors
from minipush.application.ports.centre.apps import AppStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import UnknownAppError
from minipush.http.edge.problems import invalid
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.edge.scopes import Scope
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.apps import (
    PAGE,
    AppDetail,
    AppList,
    AppResponse,
    ConsentResponse,
    Limit,
    OwnAppResponse,
    RegisterAppRequest,
    SecretResponse,
    UpdateAppRequest,
)
from minipush.http.schemas.patterns import PlainId

Appid = Annotated[PlainId, Path(description="Of the app, from WeChat's console.")]
CREATED_SECRET = {HTTPStatus.CREATED.value: described(SecretResponse, "The secret, which is shown once")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppServices:
    """`own_appid`: of the mini-program that has the message centre."""

    apps: AppStore
    register: RegisterApp
    own_appid: str
    read_standing: Callable[[str], OwnStanding]
    clock: Clock


def add_apps(app: APIGatewayHttpResolver, services: AppServices) -> None:
    _add_registration(app, services)
    _add_reading(app, services)
    _add_own_app(app, services)


def _add_registration(app: APIGatewayHttpResolver, services: AppServices) -> None:
    @app.post(
        "/centre/apps", operation_id="register_app", summary="Register an app", responses=CREATED_SECRET
    )
    def post_app(body: RegisterAppRequest) -> Response[str]:
        if body.appid == services.own_appid:
            raise invalid([("/appid", "this mini-program has the message centre; an app is another one")])
        secret = services.register(body.app(services.clock()))
        return json_response({"secret": secret}, HTTPStatus.CREATED)

    @app.patch(
        "/centre/apps/<appid>", operation_id="update_app", summary="Change what is registered of an app"
    )
    def patch_app(appid: Appid, body: UpdateAppRequest) -> AppResponse:
        changes = body.changes()
        changed = services.apps.change(appid, changes) if changes else services.apps.read(appid)
        return AppResponse.of(_known(changed), services.clock())

    @app.post(
        "/centre/apps/<appid>/secret",
        operation_id="renew_app_secret",
        summary="Give an app a further secret",
        responses=CREATED_SECRET,
    )
    def post_secret(appid: Appid) -> Response[str]:
        """For an app that has lost its secrets. The newest two are valid: a second request ends all earlier ones."""
        return json_response({"secret": services.register.add_secret(appid)}, HTTPStatus.CREATED)


def _add_reading(app: APIGatewayHttpResolver, services: AppServices) -> None:
    @app.get("/centre/apps", operation_id="list_apps", summary="List the apps")
    def get_apps(limit: Limit = PAGE, cursor: Cursor = None) -> AppList:
        cursors = Cursors("apps")
        after = cursors.read(cursor, r"[\w-]{1,64}").group() if cursor else ""
        found = services.apps.page(after, limit)
        last = found[-1].appid if len(found) == limit else None
        return AppList(
            items=[AppResponse.of(one, services.clock()) for one in found],
            next_cursor=cursors.write(last) if last else None,
        )

    @app.get("/centre/apps/<appid>", operation_id="read_app", summary="Read what a user reads before binding")
    def get_app(appid: Appid) -> AppDetail | ConsentResponse:
        """An operator gets all of it."""
        found = _known(services.apps.read(appid))
        if Scope.USER in caller_of(app).scopes:
            return ConsentResponse.of(found, services.clock())
        return AppDetail.of_one(found, services.clock(), services.read_standing(appid))


def _add_own_app(app: APIGatewayHttpResolver, services: AppServices) -> None:
    @app.get("/centre/app", operation_id="read_own_app", summary="Read how the app stands")
    def get_own_app() -> OwnAppResponse:
        found = _known(services.apps.read(caller_of(app).name))
        return OwnAppResponse.of(found, services.clock(), services.read_standing(found.appid))

    @app.post(
        "/centre/app/secret",
        operation_id="add_app_secret",
        summary="Get a further secret",
        responses=CREATED_SECRET,
    )
    def post_own_secret() -> Response[str]:
        """The newest two are valid: the older of two ends at once."""
        secret = services.register.add_secret(caller_of(app).name)
        return json_response({"secret": secret}, HTTPStatus.CREATED)


def _known(app: App | None) -> App:
    if app is None:
        raise UnknownAppError
    return app
