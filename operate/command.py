"""How an operator's command ends: its output on stdout, an error in one line on stderr, and an exit code of `Exit`."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NoConnectionError

from minipush_cli.doctor.check import FAILED, Check
from minipush_cli.errors import CommandError, Exit

# Of AWS's services. Credentials that have expired are renewed outside, and then the command is run again.
PASSING = {
    "ExpiredToken",
    "ExpiredTokenException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
}


def run_command(name: str, output: Callable[[], Iterable[str]], hint: str = "") -> int:
    """Write the texts of `output` as they come. Returns the exit code.

    `hint`: what follows an error that may be gone when the command is run again.

    SIGTERM and SIGHUP interrupt it as Ctrl-C does, so that it removes what it made for the moment.
    """
    try:
        with _interruptible():
            for text in output():
                write(text)
    except CommandError as error:
        return _ended(name, str(error), error.code)
    except (NoCredentialsError, ClientError) as error:
        return _ended(name, _text(error, hint), Exit.CREDENTIALS)
    except BotoCoreError as error:
        return _ended(name, _text(error, hint), Exit.UNREACHABLE)
    except KeyboardInterrupt:
        return _ended(name, f"interrupted{hint}", Exit.INTERRUPTED)
    return Exit.OK


def _text(error: BotoCoreError | ClientError, hint: str) -> str:
    """In one line: botocore writes some errors in several."""
    return " ".join(str(error).split()) + (hint if _may_pass(error) else "")


def _may_pass(error: BotoCoreError | ClientError) -> bool:
    if not isinstance(error, ClientError):
        return isinstance(error, (HTTPClientError, NoConnectionError))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response["Error"]["Code"] in PASSING


def write(text: str) -> None:
    """To stdout, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(message: str) -> None:
    """To the operator, beside the output."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def told_if_interrupted(state: str) -> Iterator[None]:
    """`state`: what was changed by then, and the next command.

    Raises CommandError.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError(f"interrupted. {state}", Exit.INTERRUPTED) from None


def ensure_passed(checks: Iterable[Check]) -> None:
    """Raises CommandError if one failed."""
    names = dict.fromkeys(one.name for one in checks if one.level == FAILED)
    if names:
        raise CommandError(f"failed: {', '.join(names)}")


@contextmanager
def _interruptible() -> Iterator[None]:
    kept = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    # `nohup` has a signal ignored, and whoever has a handler knows better.
    taken = [one for one, handler in kept.items() if handler is signal.SIG_DFL]
    for one in taken:
        signal.signal(one, _interrupt)
    try:
        yield
    finally:
        for one in taken:
            signal.signal(one, signal.SIG_DFL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ended(name: str, message: str, code: Exit) -> int:
    print(f"{name}: {message}", file=sys.stderr)
    return code
