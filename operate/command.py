"""How an operator's command ends: its output on stdout, an error in one line on stderr, and an exit code of `Exit`."""

import sys
from collections.abc import Callable, Iterable

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
    """
    try:
        for text in output():
            sys.stdout.write(text)
            sys.stdout.flush()
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


def ensure_passed(checks: Iterable[Check]) -> None:
    """Raises CommandError if one failed."""
    names = dict.fromkeys(one.name for one in checks if one.level == FAILED)
    if names:
        raise CommandError(f"failed: {', '.join(names)}")


def _ended(name: str, message: str, code: Exit) -> int:
    print(f"{name}: {message}", file=sys.stderr)
    return code
