"""The routes of the subscription targets."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
from minipush.http.edge.problems import invalid
from minipush.http.schemas.subscription_targets import (
    SubscriptionTargetsRequest,
    SubscriptionTargetsResponse,
)


def add_subscription_targets(app: APIGatewayHttpResolver, targets: SetSubscriptionTargets) -> None:
    @app.get(
        "/templates/stock",
        operation_id="read_subscription_targets",
        summary="Read how many accepts of which templates are wanted",
    )
    def get_stock() -> SubscriptionTargetsResponse:
        return SubscriptionTargetsResponse.of(targets.read())

    @app.put(
        "/templates/stock",
        operation_id="set_subscription_targets",
        summary="Set how many accepts of which templates are wanted",
    )
    def put_stock(body: SubscriptionTargetsRequest) -> SubscriptionTargetsResponse:
        _check_distinct(body)
        return SubscriptionTargetsResponse.of(targets(body.targets(), body.pause_hours))


def _check_distinct(body: SubscriptionTargetsRequest) -> None:
    if repeats := body.repeats():
        why = "this template was named before"
        raise invalid([(f"/templates/{n}/template_id", why) for n in repeats])
