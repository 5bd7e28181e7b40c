"""The text check that a campaign asks for."""

from typing import Annotated

from pydantic import Field

from minipush.application.messages.check_text import TextCheckRequest
from minipush.domain.ids import PLAIN_ID
from minipush.http.schemas.base import RequestModel


class TextCheckSchema(RequestModel):
    """Have WeChat check the message's text first."""

    openid: Annotated[
        str,
        Field(
            pattern=f"^{PLAIN_ID}$",
            description="A user who opened the mini-program within the last two hours.",
        ),
    ]
    reviewed: Annotated[
        bool, Field(description="A human has approved the text: continue where WeChat wants a review.")
    ] = False

    def request(self) -> TextCheckRequest:
        return TextCheckRequest(self.openid, self.reviewed)
