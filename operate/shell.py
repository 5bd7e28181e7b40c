"""`make shell`: lines for a shell, so that the AWS CLI and `minipush keys` act on the environment that ENV names."""

import os
import shlex
import sys
from collections.abc import Mapping

from operate.command import run_command
from operate.environments import Environment, read_environment

MEMORY = "MINIPUSH_SHELL"
"""What these variables were before this command set them, such as `AWS_REGION=eu-west-1 AWS_PROFILE=`."""


def shell_lines(environment: Environment, variables: Mapping[str, str]) -> str:
    """`variables`: those of the shell. What the last environment set and this one does not is as it was before.

    `STACK` is not among them: it would overrule a later ENV.
    """
    aws = {
        "AWS_REGION": environment.region,
        "AWS_DEFAULT_REGION": environment.region,
        "AWS_PROFILE": environment.profile,
    }
    aws = {name: value for name, value in aws.items() if value}
    before = _remembered(variables)
    now = {name: before.get(name, variables.get(name, "")) for name in aws}
    kept = {name: value for name, value in before.items() if name not in aws}
    memory = shlex.join(f"{name}={value}" for name, value in now.items())
    chosen = {"ENV": environment.name, "MINIPUSH_STACK": environment.stack, **kept, **aws, MEMORY: memory}
    return "".join(_line(name, value) for name, value in chosen.items())


def _line(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}\n" if value else f"unset {name}\n"


def _remembered(variables: Mapping[str, str]) -> dict[str, str]:
    words = (word.partition("=") for word in shlex.split(variables.get(MEMORY, "")))
    return {name: value for name, _, value in words}


def _run(variables: Mapping[str, str]) -> list[str]:
    return [shell_lines(read_environment(variables), variables)]


def main() -> int:
    return run_command("shell", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
