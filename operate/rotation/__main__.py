"""`make rotate-…`, by the name of what is rotated."""

import getpass
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from operate.command import run_command, say, write
from operate.deployed_api import DeployedApi
from operate.environments import deployed_stack
from operate.rotation import app_secret, callback, operator_key, session_key
from operate.rotation.rotation import SECRET_AGE_SECONDS, Rotation

ROTATIONS: Mapping[str, Callable[[Rotation], str]] = {
    "app-secret": app_secret.rotate,
    "callback": callback.rotate,
    "session-key": session_key.rotate,
    "operator-key": operator_key.rotate,
}


def _rotation(variables: Mapping[str, str]) -> Rotation:
    """`API`: another address of the API. `WAIT`: seconds for all processes to read a secret, for tests."""
    stack = deployed_stack(variables)
    api = DeployedApi(variables.get("API") or stack.output("ApiUrl"))
    seconds = float(variables.get("WAIT") or SECRET_AGE_SECONDS + 5)
    return Rotation(stack, api, variables, _ask, say, write, seconds)


def _ask(question: str) -> str:
    """From the terminal, without showing it, or from standard input."""
    return getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.read()


def main(arguments: Sequence[str]) -> int:
    [name] = arguments
    # A rotation tells in one line what it found; log lines are for the functions.
    logging.getLogger("minipush").addHandler(logging.NullHandler())
    return run_command(f"rotate-{name}", lambda: [ROTATIONS[name](_rotation(os.environ))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
