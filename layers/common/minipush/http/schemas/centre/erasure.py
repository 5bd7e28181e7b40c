"""The deletion of what the message centre holds of a user."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class ErasureResponse(BaseModel):
    done: Annotated[Literal[False], Field(description="Repeat the request: it goes on where this one ended.")]
