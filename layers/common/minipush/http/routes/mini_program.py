"""The API for mini-programs. A user's session gives access to this user only."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.http.edge.access import Routes
from minipush.http.edge.resolver import json_resolver
from minipush.http.routes import collect, health, me, sessions
from minipush.http.routes.collect import CollectServices, add_collect
from minipush.http.routes.health import add_health
from minipush.http.routes.me import MeServices, add_me
from minipush.http.routes.sessions import SessionServices, add_session

ROUTES: Routes = {**health.ROUTES, **sessions.ROUTES, **collect.ROUTES, **me.ROUTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniProgramServices:
    session: SessionServices
    collect: CollectServices
    me: MeServices


def mini_program_app(services: MiniProgramServices) -> APIGatewayHttpResolver:
    app = json_resolver()
    add_health(app)
    add_session(app, services.session)
    add_collect(app, services.collect)
    add_me(app, services.me)
    return app
