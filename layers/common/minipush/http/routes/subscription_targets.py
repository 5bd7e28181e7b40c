"""The routes of the stock that is wanted of each template."""

from typing import Annotated, Self

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel, ConfigDict, Field

from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.errors import ContradictionError
from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.routes.templates import TemplateServices
from minipush.http.schemas.base import WHOLE, Body

ROUTES: Routes = {"GET /templates/stock": Scope.READ, "PUT /templates/stock": Scope.ADMIN}
MAX_GOALS = 100


class TargetRequest(Body):
    template_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["T2"])]
    wanted: Annotated[int, WHOLE, Field(ge=1, le=100, description="Accepts, of each user.")]
    long_term: Annotated[
        bool | None, Field(description="Unless given: what the sync said of the template, else false.")
    ] = None


class SubscriptionTargetsRequest(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "templates": [
                        {"template_id": "T2", "wanted": 3},
                        {"template_id": "T5", "wanted": 1, "long_term": True},
                    ],
                    "pause_hours": 72,
                }
            ]
        }
    )

    templates: Annotated[list[TargetRequest], Field(max_length=MAX_GOALS, description="By priority.")]
    pause_hours: Annotated[
        int,
        WHOLE,
        Field(ge=1, le=720, description="How long a template isn't asked for after a first refusal."),
    ] = 72

    def goals(self) -> tuple[Target, ...]:
        return tuple(Target(entry.template_id, entry.wanted, entry.long_term) for entry in self.templates)


class TargetResponse(BaseModel):
    template_id: str
    wanted: int
    long_term: bool


class SubscriptionTargetsResponse(BaseModel):
    templates: list[TargetResponse]
    pause_hours: int

    @classmethod
    def of(cls, plan: SubscriptionTargets) -> Self:
        goals = [
            TargetResponse(template_id=goal.template_id, wanted=goal.wanted, long_term=bool(goal.long_term))
            for goal in plan.targets
        ]
        return cls(templates=goals, pause_hours=plan.pause_hours)


def add_stock(app: APIGatewayHttpResolver, templates: TemplateServices) -> None:
    @app.get(
        "/templates/stock",
        operation_id="read_stock",
        summary="How many accepts of which templates are wanted",
    )
    def get_stock() -> SubscriptionTargetsResponse:
        return SubscriptionTargetsResponse.of(templates.set_subscription_targets.read())

    @app.put(
        "/templates/stock",
        operation_id="set_subscription_targets",
        summary="Set how many accepts of which are wanted",
    )
    def put_stock(body: SubscriptionTargetsRequest) -> SubscriptionTargetsResponse:
        _check_distinct(body)
        try:
            return SubscriptionTargetsResponse.of(
                templates.set_subscription_targets(body.goals(), body.pause_hours)
            )
        except ContradictionError as error:
            raise _invalid(dict.fromkeys(error.places, "long_term"), "WeChat says otherwise") from None


def _check_distinct(body: SubscriptionTargetsRequest) -> None:
    ids = [entry.template_id for entry in body.templates]
    repeats = [n for n, template_id in enumerate(ids) if template_id in ids[:n]]
    if repeats:
        raise _invalid(dict.fromkeys(repeats, "template_id"), "this template was named before")


def _invalid(places: dict[int, str], why: str) -> ProblemError:
    errors = [(f"/templates/{n}/{name}", why) for n, name in places.items()]
    return invalid(errors)
