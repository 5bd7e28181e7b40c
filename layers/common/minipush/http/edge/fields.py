"""A message's fields that can't be sent, as pointers into the body that it came in."""

from collections.abc import Iterator
from contextlib import contextmanager

from minipush.errors import InvalidDataError
from minipush.http.edge.problems import invalid, pointer
from minipush.http.schemas.messages import MessageBody


@contextmanager
def pointing_into(message: MessageBody, *within: str) -> Iterator[None]:
    """`within`: the steps to the message. Raises ProblemError in place of InvalidDataError."""
    try:
        yield
    except InvalidDataError as error:
        errors = [
            (pointer((*within, *message.place_of(fault.path))), fault.why) for fault in error.violations
        ]
        raise invalid(errors) from None
