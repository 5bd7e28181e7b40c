"""Builders of the message centre's use cases."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipush.application.centre.bind_app import BindApp, ConfirmBinding
    from minipush.application.centre.change_binding import ChangeBinding
    from minipush.application.centre.known_apps import KnownApps
    from minipush.application.centre.personal_keys import PersonalKeys
    from minipush.application.centre.register_app import RegisterApp
    from minipush.container.message_centre import MessageCentre


def register_app(m: "MessageCentre") -> "RegisterApp":
    from minipush.application.centre.register_app import RegisterApp

    return RegisterApp(m.apps)


def known_apps(m: "MessageCentre") -> "KnownApps":
    from minipush.application.centre.known_apps import KnownApps

    return KnownApps(m.apps, m.container.clock)


def bind_app(m: "MessageCentre") -> "BindApp":
    from minipush.application.centre.bind_app import BindApp
    from minipush.http.edge.bind_tickets import read_ticket

    audience = m.container.settings.account.appid
    return BindApp(
        m.apps,
        m.bindings,
        lambda token, appid, secrets: read_ticket(token, appid, secrets, audience),
        m.container.clock,
    )


def confirm_binding(m: "MessageCentre") -> "ConfirmBinding":
    from minipush.application.centre.bind_app import ConfirmBinding

    return ConfirmBinding(m.bindings)


def change_binding(m: "MessageCentre") -> "ChangeBinding":
    from minipush.application.centre.change_binding import ChangeBinding

    return ChangeBinding(m.bindings)


def personal_keys(m: "MessageCentre") -> "PersonalKeys":
    from minipush.application.centre.personal_keys import PersonalKeys

    return PersonalKeys(m.personal_key_store, m.container.clock)
