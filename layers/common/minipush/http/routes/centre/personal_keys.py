"""The routes of a user's personal keys."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from minipush.application.centre.personal_keys import PersonalKeys
from minipush.application.cursors import Cursors
from minipush.application.ports.clock import Clock
from minipush.domain.centre.inbox import Level
from minipush.http.edge.problems import invalid
from minipush.http.edge.resolver import caller_of, described, json_response, no_content
from minipush.http.routes.centre.bindings import NO_CONTENT
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.apps import PAGE, Limit
from minipush.http.schemas.centre.personal_keys import (
    KeyList,
    KeyResponse,
    MadeKeyResponse,
    MakeKeyRequest,
    UpdateKeyRequest,
)
from minipush.http.schemas.patterns import PlainId

Id = Annotated[PlainId, Path(description="Of the key; it does not tell the key.")]


def add_personal_keys(app: APIGatewayHttpResolver, keys: PersonalKeys, clock: Clock, public_url: str) -> None:
    """`public_url`: of the API; empty for the address that the request came to."""
    _add_making(app, keys, clock, public_url)

    @app.get("/me/keys", operation_id="list_personal_keys", summary="List the user's personal keys")
    def get_keys(limit: Limit = PAGE, cursor: Cursor = None) -> KeyList:
        openid = caller_of(app).name
        found = keys.read_all(openid)
        page, following = Cursors("keys", openid).page(found, lambda key: key.ref, limit, cursor)
        return KeyList(items=[KeyResponse.of(key) for key in page], next_cursor=following)

    @app.patch("/me/keys/<id>", operation_id="update_personal_key", summary="Change a personal key")
    def patch_key(id: Id, body: UpdateKeyRequest) -> KeyResponse:  # noqa: A002
        _check_end(body.expires_at, clock)
        return KeyResponse.of(keys.change(caller_of(app).name, id, body.changes()))

    @app.put(
        "/me/keys/<id>", operation_id="put_personal_key", summary="Change a personal key, for wx.request"
    )
    def put_key(id: Id, body: UpdateKeyRequest) -> KeyResponse:  # noqa: A002
        """wx.request has no PATCH."""
        return patch_key(id, body)

    @app.delete(
        "/me/keys/<id>",
        operation_id="delete_personal_key",
        summary="End a personal key",
        responses=NO_CONTENT,
    )
    def delete_key(id: Id) -> Response[str]:  # noqa: A002
        keys.end(caller_of(app).name, id)
        return no_content([])


def _add_making(app: APIGatewayHttpResolver, keys: PersonalKeys, clock: Clock, public_url: str) -> None:
    @app.post(
        "/me/keys",
        operation_id="make_personal_key",
        summary="Make a personal key",
        responses={HTTPStatus.CREATED.value: described(MadeKeyResponse, "The key, which is shown once")},
    )
    def post_key(body: MakeKeyRequest) -> Response[str]:
        _check_end(body.expires_at, clock)
        made = keys.make(
            caller_of(app).name, body.label, Level(body.level), body.expires_at, is_paused=body.paused
        )
        base = public_url or f"https://{app.current_event.request_context.domain_name}"
        return json_response(MadeKeyResponse.made(made, base).model_dump(mode="json"), HTTPStatus.CREATED)


def _check_end(expires_at: int | None, clock: Clock) -> None:
    """A key that has expired pushes nothing: the user means another time."""
    if expires_at is not None and expires_at <= clock():
        raise invalid([("/expires_at", "is in the past")])
