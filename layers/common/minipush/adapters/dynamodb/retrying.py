"""Trying again what AWS took in part, or not yet."""

import random
from collections.abc import Callable, Iterator

from minipush.errors import StoreError

TRIES = 6


def attempts(sleep: Callable[[float], None], tries: int = TRIES) -> Iterator[int]:
    """One turn for each try, with growing pauses between them. Who is still asking after the last: StoreError."""
    for attempt in range(tries):
        if attempt:
            sleep(0.05 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
        yield attempt
    raise StoreError(f"not done after {tries} tries")
