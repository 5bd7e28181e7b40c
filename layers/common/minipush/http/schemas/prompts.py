"""What to ask a user for next, as the mini-program is told."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from minipush.domain.prompts import Prompt

type NextAsk = Callable[[str, str | None], "Prompt"]
"""Of an openid, and of a base library's version."""

SdkVersion = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,5}(\.[0-9]{1,5}){0,3}$",
        description="The base library's, as wx.getAppBaseInfo has it: it decides how many ids fit in one call.",
        examples=["3.12.1"],
    ),
]


class PromptResponse(BaseModel):
    template_ids: Annotated[
        list[str],
        Field(
            description="For wx.requestSubscribeMessage, as they are; five at most, and none where nothing is to be asked."
        ),
    ]
    long_term: Annotated[bool, Field(description="Of all of them: what POST /collect wants to know.")]

    @classmethod
    def of(cls, prompt: "Prompt") -> Self:
        return cls(template_ids=list(prompt.template_ids), long_term=prompt.long_term)
