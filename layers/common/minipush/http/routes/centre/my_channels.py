"""The routes of a user's own channels."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.application.centre.own_channels import LINKED, OwnChannels
from minipush.application.cursors import Cursors
from minipush.domain.centre.channels import ChannelStatus, UserChannel
from minipush.domain.centre.reminders import ChannelKind
from minipush.http.edge.problems import invalid
from minipush.http.edge.resolver import caller_of, described, json_response, no_content
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.apps import PAGE, Limit
from minipush.http.schemas.centre.me import ChannelName
from minipush.http.schemas.centre.my_channels import (
    ChannelList,
    ChannelRequest,
    ChannelResponse,
    CodeRequest,
)

SENDER, TEST_TITLE, TEST_BODY = "minipush", "测试提醒", "此渠道可用"

type Run = Callable[[Coroutine[Any, Any, UserChannel]], UserChannel]
"""Runs a coroutine on the event loop that owns the connections to providers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MyChannelServices:
    own: OwnChannels
    run: Run


def add_my_channels(app: APIGatewayHttpResolver, services: MyChannelServices) -> None:
    own = services.own

    @app.get("/me/channels", operation_id="list_my_channels", summary="List the user's own channels")
    def get_channels(limit: Limit = PAGE, cursor: Cursor = None) -> ChannelList:
        openid = caller_of(app).name
        found = own.read_all(openid)
        page, following = Cursors("own channels", openid).page(found, lambda one: one.kind, limit, cursor)
        return ChannelList(items=[ChannelResponse.of(channel) for channel in page], next_cursor=following)

    @app.put(
        "/me/channels/<kind>",
        operation_id="name_my_channel",
        summary="Name an address; a code goes there",
        responses={
            200: described(ChannelResponse, "Verified"),
            202: described(ChannelResponse, "A code has gone to the address"),
        },
    )
    def put_channel(kind: ChannelName, body: ChannelRequest) -> Response[str]:
        _check(ChannelKind(kind), body)
        openid = caller_of(app).name
        if ChannelKind(kind) in LINKED:
            return _answer(own.link(openid, ChannelKind(kind)))
        return _answer(services.run(own.set_address(openid, body.named(ChannelKind(kind)))))

    @app.delete(
        "/me/channels/<kind>",
        operation_id="remove_my_channel",
        summary="Remove a channel",
        responses={HTTPStatus.NO_CONTENT.value: {"description": "Done"}},
    )
    def delete_channel(kind: ChannelName) -> Response[str]:
        own.remove(caller_of(app).name, ChannelKind(kind))
        return no_content([])

    @app.post(
        "/me/channels/<kind>/verify",
        operation_id="verify_my_channel",
        summary="Prove by the code that the address is one's own",
    )
    def post_verify(kind: ChannelName, body: CodeRequest) -> ChannelResponse:
        return ChannelResponse.of(own.verify(caller_of(app).name, ChannelKind(kind), body.code))

    @app.post(
        "/me/channels/<kind>/test", operation_id="test_my_channel", summary="Send a reminder to try a channel"
    )
    def post_test(kind: ChannelName) -> ChannelResponse:
        openid = caller_of(app).name
        return ChannelResponse.of(
            services.run(own.test(openid, ChannelKind(kind), SENDER, TEST_TITLE, TEST_BODY))
        )


def _check(kind: ChannelKind, body: ChannelRequest) -> None:
    if kind in LINKED and body.address is not None:
        raise invalid([("/address", f"{kind} takes no address")])
    if kind not in LINKED and body.address is None:
        raise invalid([("/address", "required")])
    if kind is not ChannelKind.BARK and body.encryption is not None:
        raise invalid([("/encryption", "only Bark's notifications can be encrypted")])
    if kind is not ChannelKind.BARK and body.once:
        raise invalid([("/once", "only Bark's notifications are repeated")])


def _answer(channel: UserChannel) -> Response[str]:
    is_pending = channel.status is ChannelStatus.PENDING
    status = HTTPStatus.ACCEPTED if is_pending else HTTPStatus.OK
    return json_response(ChannelResponse.of(channel).model_dump(mode="json"), status)
