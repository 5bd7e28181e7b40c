"""Builders of the message centre's HTTP side."""

from typing import TYPE_CHECKING

from minipush.container.centre_route_groups import centre_groups

if TYPE_CHECKING:
    from minipush.container.message_centre import MessageCentre
    from minipush.http.edge.access import Access
    from minipush.http.edge.service import Service
    from minipush.http.routes.centre.push_by_key import PushByKey


def access(m: "MessageCentre") -> "Access":
    from minipush.http.edge.access import Access, CallingApp

    c = m.container

    def find_app(secret: str) -> CallingApp | None:
        app = m.known_apps.find(secret)
        return CallingApp(app.appid, app.is_banned(c.clock())) if app else None

    return Access(c.access_secret, c.clock, c.settings.session_seconds, find_app)


def service(m: "MessageCentre") -> "Service":
    from minipush.http.edge.service import Service

    c = m.container
    return Service(centre_groups(m), m.access, c.name_request, c.record_acts)


def push_by_key(m: "MessageCentre") -> "PushByKey":
    from minipush.http.routes.centre.push_by_key import PushByKey, rejected_push_keys

    c = m.container
    return PushByKey(m.push_with_key, rejected_push_keys(c.clock), c.clock, c.name_request, c.count)
