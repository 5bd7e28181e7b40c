"""The text check of a campaign, as it is asked for and as its outcome is told."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from minipush.application.messages.check_text import TextCheckRequest
from minipush.domain.messages import Reason
from minipush.errors import BlockedTextError, TextCheckOpenidError
from minipush.http.edge.problems import ProblemError, invalid, pointer
from minipush.http.schemas.base import Body
from minipush.http.schemas.messages import MessageBody
from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import WeChatError
from minipush.wechat.text_check import MINUTES_LIMITS

logger = logging.getLogger(__name__)


class TextCheckSchema(Body):
    """Have WeChat check the message's texts first."""

    openid: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,64}$",
            description="Of someone who opened the mini-program within the last two hours.",
        ),
    ]
    reviewed: Annotated[
        bool, Field(description="A human has looked at the text: go on where WeChat wants one to.")
    ] = False

    def asked(self) -> TextCheckRequest:
        return TextCheckRequest(self.openid, self.reviewed)


@contextmanager
def telling_of_texts(message: MessageBody) -> Iterator[None]:
    """Raises ProblemError in place of what a text check raises."""
    try:
        yield
    except BlockedTextError as error:
        where = pointer(("message", *message.place_of(())))
        raise _blocked(where, error.why) from None
    except TextCheckOpenidError as error:
        raise invalid([("/text_check/openid", error.why)]) from None
    except WeChatError as error:
        logger.warning("a text was not checked", extra={"errcode": error.errcode, "rid": error.rid})
        raise _unchecked(error) from None


def _blocked(where: str, why: str) -> ProblemError:
    detail = "WeChat objects to the message's text."
    errors = [(where, why)]
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors, reason=Reason.CONTENT_BLOCKED.value)


def _unchecked(error: WeChatError) -> ProblemError:
    detail = f"WeChat doesn't check the text right now ({error.errcode or type(error).__name__})."
    seconds = "60" if error.errcode in MINUTES_LIMITS else "2"
    passes = error.reaction is Reaction.BACK_OFF
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": seconds} if passes else None
    )
