"""Tags and their users."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from minipush.application.cursors import Cursors
from minipush.domain.tag_counts import TagMeasure
from minipush.domain.timestamps import iso
from minipush.domain.users import MAX_TAGS
from minipush.http.schemas.base import Instant, RequestModel
from minipush.http.schemas.patterns import PlainId
from minipush.http.schemas.users import Tag

MAX_USERS = 1000
_Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS)]


class ChangeTagsRequest(RequestModel):
    """At least one tag to add or to remove. A tag that is in both lists contradicts itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"openids": ["anna", "bo"], "add": ["vip"], "remove": ["trial"]}]}
    )

    openids: Annotated[list[PlainId], Field(min_length=1, max_length=MAX_USERS)]
    add: _Tags = Field(default_factory=list)
    remove: _Tags = Field(default_factory=list)

    def faults(self) -> list[tuple[str, str]]:
        """JSON pointers, each with what is wrong there."""
        if not self.add and not self.remove:
            return [("/add", "expected at least one tag, here or in remove")]
        return [
            (f"/remove/{place}", "this tag is in add, too")
            for place, tag in enumerate(self.remove)
            if tag in self.add
        ]


class ChangedResponse(BaseModel):
    changed: Annotated[int, Field(description="The number of users whose tags changed.")]


class TagResponse(BaseModel):
    tag: str
    users: int


class TagsResponse(BaseModel):
    items: Annotated[list[TagResponse], Field(description="Those with the most users first.")]
    next_cursor: str | None
    measured_at: Annotated[Instant | None, Field(description="Null before the first sweep.")]
    is_complete: Annotated[
        bool,
        Field(
            description="False if there are so many tags that the rarest are missing; counts are then lower bounds."
        ),
    ]


def tags_response(measure: TagMeasure | None, limit: int | None, cursor: str | None) -> TagsResponse:
    """Raises InvalidCursorError."""
    found = list(measure.largest_first()) if measure else []
    page, following = Cursors("tags").page(found, lambda one: one[0], limit, cursor)
    return TagsResponse(
        items=[TagResponse(tag=tag, users=users) for tag, users in page],
        next_cursor=following,
        measured_at=iso(measure.at) if measure else None,
        is_complete=measure.counts.is_complete if measure else True,
    )
