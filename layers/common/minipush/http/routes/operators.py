"""The API for back ends and operators."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
from minipush.http.edge.access import Routes
from minipush.http.edge.resolver import json_resolver
from minipush.http.routes import campaigns, messages, pool, subscription_targets, templates, users
from minipush.http.routes.campaigns import CampaignServices, add_campaigns
from minipush.http.routes.messages import MessageServices, add_messages
from minipush.http.routes.pool import PoolServices, add_pool
from minipush.http.routes.subscription_targets import add_subscription_targets
from minipush.http.routes.templates import TemplateServices, add_templates
from minipush.http.routes.users import UserServices, add_users

ROUTES: Routes = {
    **messages.ROUTES,
    **campaigns.ROUTES,
    **templates.ROUTES,
    **subscription_targets.ROUTES,
    **users.ROUTES,
    **pool.ROUTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorServices:
    messages: MessageServices
    campaigns: CampaignServices
    templates: TemplateServices
    subscription_targets: SetSubscriptionTargets
    users: UserServices
    pool: PoolServices


def operators_app(services: OperatorServices) -> APIGatewayHttpResolver:
    app = json_resolver()
    add_messages(app, services.messages)
    add_campaigns(app, services.campaigns)
    add_templates(app, services.templates)
    add_subscription_targets(app, services.subscription_targets)
    add_users(app, services.users)
    add_pool(app, services.pool)
    return app
