"""Builders of the HTTP side: access, the callback and the two services."""

from typing import TYPE_CHECKING

from minipush.container.route_groups import mini_program_groups, operator_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from minipush.container import Container
    from minipush.http.edge.access import Access
    from minipush.http.edge.service import Service
    from minipush.http.routes.callback import WeChatCallback
    from minipush.wechat.events import Event

# WeChat's timestamps are valid for five minutes in both directions.
NONCE_KEPT_MS = 11 * 60 * 1000


def access_secret(c: "Container") -> "Callable[[], Mapping[str, Any]]":
    """Read before each use: operators add and revoke keys."""
    return lambda: c.secrets.read(c.settings.access_secret_arn)


def access(c: "Container") -> "Access":
    from minipush.http.edge.access import Access

    return Access(c.access_secret, c.clock, c.settings.session_seconds)


def wechat_callback(c: "Container") -> "WeChatCallback[Event]":
    from minipush.adapters.wechat.events import subscription_event
    from minipush.application.events.note_callback import NoteCallback
    from minipush.http.routes.callback import WeChatCallback
    from minipush.wechat.events import read_event

    handle = c.handle_wechat_event

    def take_nonce(nonce: str, body: bytes) -> bool:
        return c.used_nonces.take(nonce, body, c.clock() + NONCE_KEPT_MS)

    return WeChatCallback(
        c.read_callback,
        take_nonce,
        read_event,
        lambda event: handle(subscription_event(event)),
        c.count,
        c.name_request,
        c.record_statistics,
        NoteCallback(c.signs_of_life, c.clock),
    )


def mini_program_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service

    return Service(mini_program_groups(c), c.access, c.name_request)


def operators_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service

    return Service(operator_groups(c), c.access, c.name_request, c.record_acts)
