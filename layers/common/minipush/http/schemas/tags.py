"""Tags and their users."""

from typing import Annotated

from pydantic import BaseModel, Field

from minipush.domain.tag_counts import TagMeasure
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant


class TagResponse(BaseModel):
    tag: str
    users: int


class TagsResponse(BaseModel):
    items: Annotated[list[TagResponse], Field(description="Those with the most users first.")]
    measured_at: Annotated[Instant | None, Field(description="Null before the first sweep.")]
    is_complete: Annotated[
        bool,
        Field(
            description="False if there are so many tags that the rarest are missing; counts are then lower bounds."
        ),
    ]


def tags_response(measure: TagMeasure | None) -> TagsResponse:
    if measure is None:
        return TagsResponse(items=[], measured_at=None, is_complete=True)
    items = [TagResponse(tag=tag, users=users) for tag, users in measure.largest_first()]
    return TagsResponse(items=items, measured_at=iso(measure.at), is_complete=measure.counts.is_complete)
