"""How an operator's command ends: its output on stdout, an error in one line on stderr, and an exit code of `Exit`."""

import sys
from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from minipush_cli.doctor.check import FAILED, Check
from minipush_cli.errors import CommandError, Exit


def run_command(name: str, output: Callable[[], Iterable[str]], hint: str = "") -> int:
    """Write the texts of `output` as they come. `hint`: what follows an error of AWS. Returns the exit code."""
    try:
        for text in output():
            sys.stdout.write(text)
            sys.stdout.flush()
    except CommandError as error:
        return _ended(name, str(error), error.code)
    except (NoCredentialsError, ClientError) as error:
        return _ended(name, f"{error}{hint}", Exit.CREDENTIALS)
    except BotoCoreError as error:
        return _ended(name, f"{error}{hint}", Exit.UNREACHABLE)
    except KeyboardInterrupt:
        return _ended(name, "interrupted", Exit.INTERRUPTED)
    return Exit.OK


def ensure_passed(checks: Iterable[Check]) -> None:
    """Raises CommandError if one failed."""
    names = dict.fromkeys(one.name for one in checks if one.level == FAILED)
    if names:
        raise CommandError(f"failed: {', '.join(names)}")


def _ended(name: str, message: str, code: Exit) -> int:
    print(f"{name}: {message}", file=sys.stderr)
    return code
