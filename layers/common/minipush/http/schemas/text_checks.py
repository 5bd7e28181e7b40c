"""The text check that a campaign asks for."""

from typing import Annotated

from pydantic import Field

from minipush.application.messages.check_text import TextCheckRequest
from minipush.http.schemas.base import RequestModel
from minipush.http.schemas.patterns import PlainId


class TextCheckSchema(RequestModel):
    """Have WeChat check the message's text first."""

    openid: Annotated[
        PlainId, Field(description="A user who opened the mini-program within the last two hours.")
    ]
    reviewed: Annotated[
        bool, Field(description="A human has approved the text: continue where WeChat wants a review.")
    ] = False

    def request(self) -> TextCheckRequest:
        return TextCheckRequest(self.openid, self.reviewed)
