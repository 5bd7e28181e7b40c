"""`make redrive`: lists the dead-letter queues, shows the messages of one, brings them back to work, or deletes them."""

import os
import sys
from collections.abc import Iterator, Mapping

from operate.command import run_command, told_if_interrupted
from operate.dead_letters import DeadLetters, Redriven
from operate.environments import deployed_stack, make_variables
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
        done = _redriven(letters, name, make_variables(variables))
        yield f"{done.back} messages of {name} are back at work\n"
        if done.deleted:
            yield f"{done.deleted} runs of schedules are deleted: the next run does their work\n"


def _redriven(letters: DeadLetters, name: str, where: str) -> Redriven:
    with told_if_interrupted(
        f"Some messages may be back at work. After a minute, make redrive QUEUE={name}{where} brings back the others"
    ):
        return letters.redrive(name)


def main() -> int:
    return run_command("redrive", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
