"""The routes of the operators' console: who am I, sign in, sign out. Its files have a function of their own."""

import logging
from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from minipush.application.ports.clock import Clock
from minipush.application.rejected_credentials import RejectedCredentials
from minipush.errors import TooManyRejectedKeysError
from minipush.http.edge.access import Access
from minipush.http.edge.console_sessions import COOKIE, check_origin
from minipush.http.edge.problems import unauthorized
from minipush.http.edge.resolver import caller_of, no_content
from minipush.http.schemas.console import ConsoleSessionRequest, OperatorResponse, operator_response

logger = logging.getLogger(__name__)

# Unknown keys from one address: ten at once, then one in five seconds.
BURST: Final = 10
MS_PER_KEY: Final = 5_000
SIGNED_IN: dict[int, OpenAPIResponse] = {204: {"description": "Signed in: the cookie is set"}}
SIGNED_OUT: dict[int, OpenAPIResponse] = {204: {"description": "Signed out: the cookie is deleted"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    access: Access
    rejections: RejectedCredentials


def rejected_keys(clock: Clock) -> RejectedCredentials:
    return RejectedCredentials(clock, BURST, MS_PER_KEY, TooManyRejectedKeysError)


def add_console(app: APIGatewayHttpResolver, services: ConsoleServices) -> None:
    @app.get("/operator", operation_id="read_operator", summary="Read whose key this is, and what it may do")
    def get_operator() -> OperatorResponse:
        return operator_response(caller_of(app))

    @app.post(
        "/console/session",
        operation_id="start_console_session",
        summary="Sign in to the console with an operator key",
        responses=SIGNED_IN,
    )
    def post_session(body: ConsoleSessionRequest) -> Response[str]:
        check_origin(app.current_event.headers)
        return _signed_in(app, services, body.key.get_secret_value())

    @app.delete(
        "/console/session",
        operation_id="end_console_session",
        summary="Sign out of the console",
        responses=SIGNED_OUT,
    )
    def delete_session() -> Response[str]:
        check_origin(app.current_event.headers)
        return no_content([_cookie("", 0)])


def _signed_in(app: APIGatewayHttpResolver, services: ConsoleServices, key: str) -> Response[str]:
    address = str(app.current_event.request_context.http.get("sourceIp", ""))
    services.rejections.check(address)
    session = services.access.issue_console_session(key)
    if session is None:
        services.rejections.add(address)
        raise unauthorized("This operator key is unknown.")
    logger.info("an operator signed in to the console", extra={"operator": session.name})
    return no_content([_cookie(session.token, -((services.access.now - session.until) // 1000))])


def _cookie(value: str, max_age: int) -> Cookie:
    """`max_age` in seconds; 0 deletes the cookie."""
    return Cookie(
        COOKIE, value, path="/", secure=True, http_only=True, max_age=max_age, same_site=SameSite.STRICT_MODE
    )
