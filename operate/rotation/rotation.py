"""What all rotations share."""

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.aws.secret_changes import change_secret, read_secret
from minipush_cli.errors import CommandError
from operate.deployed_api import DeployedApi
from operate.environments import make_variables
from operate.switches import is_on
from operate.waiting import eventually, wait

SECRET_AGE_SECONDS = 60
"""After this time, every process of the deployment has read a changed secret. See container.clients."""

type Value = dict[str, Any]


class RotationError(CommandError):
    """The message says what is stored now."""


@dataclass(frozen=True)
class Rotation:
    """`say`: tells the operator, beside the output. `write`: to the output, at once.

    `seconds`: in which every process has read a changed secret.
    """

    stack: DeployedStack
    api: DeployedApi
    variables: Mapping[str, str]
    ask: Callable[[str], str]
    say: Callable[[str], None]
    write: Callable[[str], None]
    seconds: float
    clock: Callable[[], float] = time.time

    @property
    def is_end(self) -> bool:
        return is_on(self.variables, "END")

    @property
    def is_forced(self) -> bool:
        return is_on(self.variables, "YES")

    @property
    def is_official(self) -> bool:
        """Raises RotationError."""
        account = self.variables.get("ACCOUNT", "")
        if account not in {"", "official"}:
            raise RotationError("ACCOUNT is official, or nothing for the mini-program; nothing was changed")
        return account == "official"

    def make(self, target: str, *names: str, **more: str) -> str:
        """A command for the same deployment, with those of the variables that are given."""
        asked = ("API",) if target.startswith("rotate-") else ()
        given = {name: self.variables[name] for name in (*names, *asked) if self.variables.get(name)} | more
        words = "".join(f" {name}={shlex.quote(value)}" for name, value in given.items())
        return f"make {target}{words}{make_variables(self.variables)}"

    def wait(self) -> None:
        """Until every process has read a changed secret."""
        wait(self.seconds, self.say)

    def eventually(self, is_so: Callable[[], bool]) -> bool:
        return eventually(is_so, 2 * SECRET_AGE_SECONDS, self.say)

    def read(self, output: str) -> Value:
        return read_secret(self.stack.client("secretsmanager"), self.stack.output(output))

    def change(self, output: str, change: Callable[[Value], Value]) -> None:
        """As `change_secret`, for the secret that the stack's output names."""
        change_secret(self.stack.client("secretsmanager"), self.stack.output(output), change)


def unchanged(before: Value, now: Value, *names: str) -> None:
    """Raises RotationError if somebody changed one of these values in the meantime."""
    if any(before.get(name) != now.get(name) for name in names):
        raise RotationError("somebody else changed the secret at the same time; nothing was changed")
