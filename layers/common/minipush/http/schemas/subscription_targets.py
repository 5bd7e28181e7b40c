"""How many accepts of which templates each user should have."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.http.schemas.base import WHOLE, RequestModel
from minipush.http.schemas.patterns import PlainId

MAX_TARGETS = 100


class TargetRequest(RequestModel):
    template_id: Annotated[PlainId, Field(examples=["T2"])]
    wanted: Annotated[int, Field(ge=1, le=100, description="Accepts per user."), WHOLE]
    long_term: Annotated[
        bool | None, Field(description="Default: what the last sync says of the template, else false.")
    ] = None


class SubscriptionTargetsRequest(RequestModel):
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

    templates: Annotated[list[TargetRequest], Field(max_length=MAX_TARGETS, description="By priority.")]
    pause_hours: Annotated[
        int,
        Field(ge=1, le=720, description="Hours to wait after a first refusal before asking again."),
        WHOLE,
    ] = 72

    def targets(self) -> tuple[Target, ...]:
        return tuple(Target(entry.template_id, entry.wanted, entry.long_term) for entry in self.templates)

    def repeats(self) -> list[int]:
        """The indexes of templates that an earlier target names."""
        ids = [entry.template_id for entry in self.templates]
        return [n for n, template_id in enumerate(ids) if template_id in ids[:n]]


class TargetResponse(BaseModel):
    template_id: str
    wanted: int
    long_term: bool


class SubscriptionTargetsResponse(BaseModel):
    templates: list[TargetResponse]
    pause_hours: int

    @classmethod
    def of(cls, targets: SubscriptionTargets) -> Self:
        templates = [
            TargetResponse(template_id=one.template_id, wanted=one.wanted, long_term=bool(one.long_term))
            for one in targets.targets
        ]
        return cls(templates=templates, pause_hours=targets.pause_hours)
