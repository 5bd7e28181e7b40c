"""Builders of the HTTP side: access, the callback and the two services."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from minipush.container import Container
    from minipush.http.edge.access import Access
    from minipush.http.edge.router import Router
    from minipush.http.edge.service import Service
    from minipush.http.routes.callback import WeChatCallback


def access_secret(c: "Container") -> "Callable[[], Mapping[str, Any]]":
    """Read before each use: operators add and revoke keys."""
    return lambda: c.secrets.read(c.settings.access_secret_arn)


def access(c: "Container") -> "Access":
    from minipush.http.edge.access import Access

    return Access(c.access_secret, c.clock, c.settings.session_seconds)


def wechat_callback(c: "Container") -> "WeChatCallback":
    from minipush.http.routes.callback import WeChatCallback

    return WeChatCallback(c.read_callback, c.handle_wechat_event, c.count, c.name_request)


def mini_program_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service
    from minipush.http.routes import mini_program

    app = mini_program.mini_program_app(
        c.log_in,
        c.collect_permits,
        c.users,
        c.access,
        c.count,
        lambda openid, sdk_version: c.choose_prompt(openid, sdk_version),
    )
    return Service(app, mini_program.ROUTES, c.access, c.name_request)


def operators_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service
    from minipush.http.routes import operators
    from minipush.http.routes.campaigns import CampaignServices
    from minipush.http.routes.templates import TemplateServices

    app = operators.operators_app(
        c.send_messages,
        c.loop.run,
        c.idempotency,
        CampaignServices(c.create_campaign, c.dry_run, c.read_campaigns, c.campaign_lifecycle),
        TemplateServices(c.sync_templates, c.templates, c.set_subscription_targets),
        c.collect_permits,
        c.users,
        c.sweeps,
        c.clock,
        c.count,
    )
    return Service(app, operators.ROUTES, c.access, c.name_request)


def collect_service(c: "Container") -> "Router":
    """The callback and the mini-program's routes; each is built with its first request."""
    from minipush.http.edge.router import Router
    from minipush.http.routes import callback

    return Router(callback.ROUTES, lambda: c.wechat_callback, lambda: c.mini_program_service)
