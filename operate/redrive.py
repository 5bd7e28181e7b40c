"""`make redrive`: lists the dead-letter queues, shows the messages of one, brings them back to work, or deletes them."""

import os
import sys
from collections.abc import Iterator, Mapping

from operate.command import run_command
from operate.dead_letters import DeadLetters
from operate.environments import deployed_stack
from operate.switches import is_on


def _run(variables: Mapping[str, str]) -> Iterator[str]:
    letters = DeadLetters(deployed_stack(variables))
    name = variables.get("QUEUE", "")
    if not name:
        yield from (f"{one}\t{letters.count(one)}\n" for one in letters.names)
    elif is_on(variables, "SHOW"):
        yield from (f"{body}\n" for body in letters.shown(name))
    elif is_on(variables, "DROP"):
        yield f"{letters.drop(name)} messages of {name} are deleted\n"
    else:
        done = letters.redrive(name)
        yield f"{done.back} messages of {name} are back at work\n"
        if done.deleted:
            yield f"{done.deleted} runs of schedules are deleted: the next run does their work\n"


def main() -> int:
    return run_command("redrive", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
