"""A message's fields that can't be sent, as pointers into the body that it came in."""

from collections.abc import Iterator
from contextlib import contextmanager

from minipush.http.message_models import MessageBody
from minipush.http.problems import invalid, pointer
from minipush.usecases.sending.check_fields import UnfitDataError


@contextmanager
def pointing_into(message: MessageBody, *within: str) -> Iterator[None]:
    """`within`: the steps to the message. Raises ProblemError in place of UnfitDataError."""
    try:
        yield
    except UnfitDataError as error:
        errors = [(pointer((*within, *message.place_of(fault.path))), fault.why) for fault in error.faults]
        raise invalid(errors) from None
