"""What a command ends with when it does not succeed. The message is for people; the exit code is for scripts."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from http import HTTPStatus


class Exit(IntEnum):
    """The exit codes. docs/cli.md lists them."""

    OK = 0
    FAILED = 1  # what was asked for failed: a campaign, a message, a check
    USAGE = 2  # the command line or the request is wrong
    CREDENTIALS = 3
    NOT_FOUND = 4
    STATE = 5  # the campaign's status forbids the step
    UNREACHABLE = 6
    INTERRUPTED = 130


class CommandError(Exception):
    """A command ends here, with this message on stderr and this exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


class UnreachableError(CommandError):
    """No answer of minipush came. `is_lost`: the request may have arrived, so that it may have taken effect."""

    def __init__(self, message: str, *, is_lost: bool = False) -> None:
        super().__init__(message, Exit.UNREACHABLE)
        self.is_lost = is_lost


class ApiError(CommandError):
    """minipush refused the request. `problem` is the last part of the problem's type, such as `unknown-campaign`."""

    def __init__(self, message: str, code: Exit, status: int, problem: str) -> None:
        super().__init__(message, code)
        self.status = status
        self.problem = problem


@contextmanager
def before_a_repeat(look: str) -> Iterator[None]:
    """For a request that may have taken effect although no answer came: what to look at before it is repeated."""
    try:
        yield
    except UnreachableError as error:
        if error.is_lost:
            raise UnreachableError(f"{error}. {look}", is_lost=True) from None
        raise
    except ApiError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ApiError(f"{error}. {look}", error.code, error.status, error.problem) from None
        raise
