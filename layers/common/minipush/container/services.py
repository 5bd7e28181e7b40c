"""Builders of the HTTP side: access, the callback and the two services."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from minipush.container import Container
    from minipush.http.edge.access import Access
    from minipush.http.edge.service import Service
    from minipush.http.routes.callback import WeChatCallback
    from minipush.http.routes.campaigns import CampaignServices
    from minipush.http.routes.operators import OperatorServices

# WeChat's timestamps are valid for five minutes in both directions.
NONCE_KEPT_MS = 11 * 60 * 1000


def access_secret(c: "Container") -> "Callable[[], Mapping[str, Any]]":
    """Read before each use: operators add and revoke keys."""
    return lambda: c.secrets.read(c.settings.access_secret_arn)


def access(c: "Container") -> "Access":
    from minipush.http.edge.access import Access

    return Access(c.access_secret, c.clock, c.settings.session_seconds)


def wechat_callback(c: "Container") -> "WeChatCallback":
    from minipush.adapters.wechat.events import subscription_event
    from minipush.http.routes.callback import WeChatCallback

    handle = c.handle_wechat_event

    def take_nonce(nonce: str, body: bytes) -> bool:
        return c.used_nonces.take(nonce, body, c.clock() + NONCE_KEPT_MS)

    return WeChatCallback(
        c.read_callback,
        take_nonce,
        lambda event: handle(subscription_event(event)),
        c.count,
        c.name_request,
    )


def mini_program_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service
    from minipush.http.routes import mini_program
    from minipush.http.routes.collect import CollectServices
    from minipush.http.routes.me import MeServices
    from minipush.http.routes.sessions import SessionServices

    services = mini_program.MiniProgramServices(
        session=SessionServices(log_in=c.log_in, access=c.access),
        collect=CollectServices(collect_permits=c.collect_permits, count=c.count),
        me=MeServices(
            users=c.users,
            change_settings=c.change_settings,
            choose_prompt=lambda openid, sdk_version: c.choose_prompt(openid, sdk_version),
        ),
    )
    return Service(mini_program.mini_program_app(services), mini_program.ROUTES, c.access, c.name_request)


def operators_service(c: "Container") -> "Service":
    from minipush.http.edge.service import Service
    from minipush.http.routes import operators

    app = operators.operators_app(c.operator_services)
    return Service(app, operators.ROUTES, c.access, c.name_request, c.record_acts)


def operator_services(c: "Container") -> "OperatorServices":
    from minipush.http.routes.messages import MessageServices
    from minipush.http.routes.operators import OperatorServices
    from minipush.http.routes.pool import PoolServices
    from minipush.http.routes.templates import TemplateServices
    from minipush.http.routes.users import UserServices

    return OperatorServices(
        messages=MessageServices(
            send_messages=c.send_messages,
            send_at_rate=c.send_at_rate,
            run=c.loop.run,
            idempotency=c.idempotency,
            count=c.count,
        ),
        campaigns=c.campaign_services,
        templates=TemplateServices(sync=c.sync_templates, store=c.templates),
        subscription_targets=c.set_subscription_targets,
        users=UserServices(
            users=c.users,
            templates=c.templates,
            collect_permits=c.add_permits,
            clock=c.clock,
            count=c.count,
        ),
        pool=PoolServices(sweeps=c.sweeps, clock=c.clock),
    )


def campaign_services(c: "Container") -> "CampaignServices":
    from minipush.http.routes.campaigns import CampaignServices

    return CampaignServices(
        create=c.create_campaign,
        dry_run=c.dry_run,
        read=c.read_campaigns,
        lifecycle=c.campaign_lifecycle,
        idempotency=c.idempotency,
        count=c.count,
    )
