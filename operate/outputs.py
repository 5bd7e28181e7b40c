"""`make outputs`: the outputs of the stack, or the value of the one that NAME names."""

import os
import sys
from collections.abc import Mapping

from operate.command import run_command
from operate.environments import deployed_stack


def _run(variables: Mapping[str, str]) -> str:
    stack = deployed_stack(variables)
    if name := variables.get("NAME"):
        return stack.output(name) + "\n"
    return "".join(f"{name}\t{value}\n" for name, value in sorted(stack.outputs.items()))


def main() -> int:
    return run_command("outputs", lambda: [_run(os.environ)])


if __name__ == "__main__":
    sys.exit(main())
