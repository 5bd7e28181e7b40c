"""Retries of what AWS throttled or did in part."""

import random
from collections.abc import Callable, Iterator

from minipush.errors import StoreError

TRIES = 6


def attempts(sleep: Callable[[float], None], tries: int = TRIES) -> Iterator[int]:
    """Yield once for each try, with a pause before each but the first. Raise StoreError after the last."""
    yield from spaced_tries(sleep, tries)
    raise StoreError(f"not done after {tries} tries")


def spaced_tries(sleep: Callable[[float], None], tries: int) -> Iterator[int]:
    """Yield once for each try. The pauses between them double, from about 0.1 seconds, with jitter."""
    for attempt in range(tries):
        if attempt:
            sleep(pause_before(attempt))
        yield attempt


def pause_before(attempt: int) -> float:
    """Seconds before a further try; `attempt` is 1 for the second one."""
    return float(0.05 * 2**attempt) * random.uniform(0.5, 1.5)  # noqa: S311
