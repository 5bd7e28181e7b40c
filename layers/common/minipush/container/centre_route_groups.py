"""The groups of the message centre's routes. Each is imported and built for its first request."""

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from minipush.container.message_centre import MessageCentre
    from minipush.http.edge.service import RouteGroup


def centre_groups(m: "MessageCentre") -> "list[RouteGroup]":
    from minipush.http.edge.service import RouteGroup
    from minipush.http.routes import message_centre as routes

    return [
        RouteGroup(routes.ME, partial(_add_my_centre, m)),
        RouteGroup(routes.INBOX, partial(_add_inbox, m)),
        RouteGroup(routes.PUSHES, partial(_add_pushes, m)),
        RouteGroup(routes.BROADCASTS, partial(_add_broadcasts, m)),
        RouteGroup(routes.ERASURE, partial(_add_erasure, m)),
        RouteGroup(routes.COMPLAINTS, partial(_add_complaints, m)),
        RouteGroup(routes.SANCTIONS, partial(_add_sanctions, m)),
        RouteGroup(routes.APPS, partial(_add_apps, m)),
        RouteGroup(
            routes.BINDINGS,
            partial(_add_bindings, m),
            completed={"POST /me/bindings": routes.tell_app_of_failed_bind},
        ),
        RouteGroup(routes.PERSONAL_KEYS, partial(_add_personal_keys, m)),
        RouteGroup(routes.MY_CHANNELS, partial(_add_my_channels, m)),
        RouteGroup(routes.CHANNELS, partial(_add_channels, m)),
    ]


def _add_my_centre(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.me import MyCentreServices, add_my_centre

    services = MyCentreServices(preferences=m.preferences, count_unread=m.count_unread)
    add_my_centre(app, services)


def _add_inbox(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.inbox import InboxServices, add_inbox

    services = InboxServices(
        read=m.read_inbox, count_unread=m.count_unread, mark_read=m.mark_read, delete=m.delete_messages
    )
    add_inbox(app, services)


def _add_complaints(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.complaints import ComplaintServices, add_complaints

    services = ComplaintServices(complain=m.complain, decide=m.decide_complaint, read=m.read_cases)
    add_complaints(app, services)


def _add_sanctions(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.sanctions import SanctionServices, add_sanctions

    services = SanctionServices(
        sanction=m.sanction_app,
        appeal=m.appeal_sanction,
        decide_appeal=m.decide_appeal,
        read=m.read_cases,
        apps=m.apps,
        clock=m.container.clock,
    )
    add_sanctions(app, services)


def _add_apps(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.apps import AppServices, add_apps

    services = AppServices(
        apps=m.apps,
        register=m.register_app,
        own_appid=m.container.settings.account.appid,
        read_standing=m.read_cases.standing_of,
        clock=m.container.clock,
    )
    add_apps(app, services)


def _add_bindings(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.bindings import BindingServices, add_bindings

    services = BindingServices(
        bind=m.bind_app,
        change=m.change_binding,
        confirm=m.confirm_binding,
        bindings=m.bindings,
        apps=m.apps,
    )
    add_bindings(app, services)


def _add_personal_keys(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.personal_keys import add_personal_keys

    add_personal_keys(app, m.personal_keys, m.container.clock, m.settings.public_url)


def _add_pushes(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.messages import PushServices, add_pushes

    services = PushServices(
        find_app=m.known_apps.read,
        push=m.push_messages,
        limit=m.limit_pushes,
        idempotency=m.push_idempotency,
        read_receipt=m.read_receipt,
        recall=m.recall_message,
        count=m.container.count,
    )
    add_pushes(app, services)


def _add_broadcasts(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.broadcasts import BroadcastServices, add_broadcasts

    services = BroadcastServices(
        find_app=m.known_apps.read,
        start=m.start_broadcast,
        count=m.count_bound_users,
        limit=m.limit_pushes,
        idempotency=m.container.idempotency,
        clock=m.container.clock,
    )
    add_broadcasts(app, services)


def _add_erasure(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.erasure import ErasureServices, add_erasure

    add_erasure(app, ErasureServices(store=m.erasure))


def _add_my_channels(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.my_channels import MyChannelServices, add_my_channels

    add_my_channels(
        app,
        MyChannelServices(own=m.own_channels, run=lambda coroutine: m.container.loop.run(coroutine)),
    )


def _add_channels(m: "MessageCentre", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.centre.channels import add_channels

    add_channels(app, m.control_channels)
