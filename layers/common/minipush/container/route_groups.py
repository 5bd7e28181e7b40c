"""The groups of routes that the two services consist of. Each is imported and built for its first request."""

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from minipush.container import Container
    from minipush.http.edge.service import RouteGroup


def mini_program_groups(c: "Container") -> "list[RouteGroup]":
    from minipush.http.edge.service import RouteGroup
    from minipush.http.routes import mini_program as routes

    return [
        RouteGroup(routes.HEALTH, _add_health),
        RouteGroup(routes.SESSIONS, partial(_add_sessions, c)),
        RouteGroup(routes.COLLECT, partial(_add_collect, c)),
        RouteGroup(routes.ME, partial(_add_me, c)),
    ]


def operator_groups(c: "Container") -> "list[RouteGroup]":
    from minipush.http.edge.service import RouteGroup
    from minipush.http.routes import operators as routes

    return [
        RouteGroup(routes.MESSAGES, partial(_add_messages, c)),
        RouteGroup(routes.CAMPAIGNS, partial(_add_campaigns, c)),
        RouteGroup(routes.TEMPLATES, partial(_add_templates, c)),
        RouteGroup(routes.SUBSCRIPTION_TARGETS, partial(_add_subscription_targets, c)),
        RouteGroup(routes.USERS, partial(_add_users, c)),
        RouteGroup(routes.TAGS, partial(_add_tags, c)),
        RouteGroup(routes.POOL, partial(_add_pool, c)),
        RouteGroup(routes.STATISTICS, partial(_add_statistics, c)),
        RouteGroup(routes.SENDING, partial(_add_sending, c)),
        RouteGroup(routes.STATUS, partial(_add_status, c)),
        RouteGroup(routes.OFFICIAL, partial(_add_official, c)),
        RouteGroup(routes.CONSOLE, partial(_add_console, c)),
    ]


def _add_health(app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.health import add_health

    add_health(app)


def _add_sessions(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.sessions import SessionServices, add_session

    add_session(app, SessionServices(log_in=c.log_in, access=c.access))


def _add_collect(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.collect import CollectServices, add_collect

    add_collect(
        app, CollectServices(collect_permits=c.collect_permits, count=c.count, record=c.record_statistics)
    )


def _add_me(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.me import MeServices, add_me

    services = MeServices(
        users=c.users,
        change_settings=c.change_settings,
        choose_prompt=lambda openid, sdk_version: c.choose_prompt(openid, sdk_version),
    )
    add_me(app, services)


def _add_messages(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.messages import MessageServices, add_messages

    services = MessageServices(
        send_messages=c.send_messages,
        send_at_rate=c.send_at_rate,
        run=c.loop.run,
        idempotency=c.idempotency,
        count=c.count,
        record=c.record_statistics,
    )
    add_messages(app, services)


def _add_campaigns(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.campaigns import CampaignServices, add_campaigns

    services = CampaignServices(
        create=c.create_campaign,
        edit=c.edit_campaign,
        assess=c.assess_audience,
        dry_run=c.dry_run,
        read=c.read_campaigns,
        minutes=c.read_minutes,
        report=c.read_report,
        find_recipient=c.find_recipient,
        lifecycle=c.campaign_lifecycle,
        idempotency=c.idempotency,
        count=c.count,
    )
    add_campaigns(app, services)


def _add_templates(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.templates import AccountTemplateServices, TemplateServices, add_templates

    def official() -> AccountTemplateServices | None:
        sync, store = c.sync_official_templates, c.official_templates
        return AccountTemplateServices(sync=sync, store=store) if sync and store else None

    mini_program = AccountTemplateServices(sync=c.sync_templates, store=c.templates)
    add_templates(app, TemplateServices(mini_program=mini_program, official=official))


def _add_subscription_targets(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.subscription_targets import add_subscription_targets

    add_subscription_targets(app, c.set_subscription_targets)


def _add_users(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.adapters.wechat.reasons import reason_of
    from minipush.http.routes.users import UserServices, add_users

    services = UserServices(
        users=c.users,
        templates=c.templates,
        collect_permits=c.add_permits,
        change_settings=c.change_settings,
        list_users=c.list_users,
        read_timeline=c.read_timeline,
        reason_of=reason_of,
        clock=c.clock,
        count=c.count,
        record=c.record_statistics,
    )
    add_users(app, services)


def _add_tags(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.tags import TagServices, add_tags

    add_tags(app, TagServices(sweeps=c.sweeps, change=c.change_tags))


def _add_pool(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.pool import PoolServices, add_pool

    add_pool(app, PoolServices(sweeps=c.sweeps, clock=c.clock))


def _add_statistics(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.statistics import StatisticsServices, add_statistics

    add_statistics(app, StatisticsServices(statistics=c.statistics_reader, clock=c.clock))


def _add_status(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.status import add_status

    add_status(app, c.read_status, c.clock)


def _add_sending(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.sending import add_sending

    add_sending(app, c.switch_sending)


def _add_official(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.official import OfficialServices, add_official

    def services() -> OfficialServices | None:
        if c.official_settings is None:
            return None
        return OfficialServices(start_sync=c.start_follower_sync, syncs=c.follower_syncs)

    add_official(app, services)


def _add_console(c: "Container", app: "APIGatewayHttpResolver") -> None:
    from minipush.http.routes.console import ConsoleServices, add_console, rejected_keys

    add_console(app, ConsoleServices(access=c.access, rejections=rejected_keys(c.clock)))
