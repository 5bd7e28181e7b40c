"""The routes that delete everything the message centre holds of a user."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from minipush.application.ports.centre.erasure import ErasureStore
from minipush.http.edge.resolver import caller_of, described, json_response, no_content
from minipush.http.schemas.centre.erasure import ErasureResponse
from minipush.http.schemas.patterns import PlainId

# Reserved at the end of the function's time.
RESERVE_SECONDS = 5.0
ANSWERS: dict[int, OpenAPIResponse] = {
    HTTPStatus.ACCEPTED.value: described(ErasureResponse, "There is more: repeat the request"),
    HTTPStatus.NO_CONTENT.value: {"description": "Everything is deleted"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureServices:
    store: ErasureStore


def add_erasure(app: APIGatewayHttpResolver, services: ErasureServices) -> None:
    @app.delete(
        "/me/centre",
        operation_id="erase_my_centre",
        summary="Delete everything that the message centre holds of the user",
        responses=ANSWERS,
    )
    def delete_my_centre() -> Response[str]:
        return _erase(app, services.store, caller_of(app).name)

    @app.delete(
        "/users/<openid>/centre",
        operation_id="erase_users_centre",
        summary="Delete everything that the message centre holds of a user",
        responses=ANSWERS,
    )
    def delete_users_centre(openid: Annotated[PlainId, Path()]) -> Response[str]:
        return _erase(app, services.store, openid)


def _erase(app: APIGatewayHttpResolver, store: ErasureStore, openid: str) -> Response[str]:
    remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
    end = time.monotonic() + remaining - RESERVE_SECONDS
    if store.erase(openid, lambda: time.monotonic() > end):
        return no_content([])
    return json_response(ErasureResponse(done=False).model_dump(), HTTPStatus.ACCEPTED)
