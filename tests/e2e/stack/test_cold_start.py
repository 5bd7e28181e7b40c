"""What a cold start costs, in CPU time: see benchmarks/cold_start.py for the method."""

from functools import cache

import pytest

from benchmarks.cold_start import STARTS, Start, measure, ratios
from local.stack.build import built

pytestmark = pytest.mark.e2e

# Neighbours on a busy machine make single runs slower, never faster: a start over its budget is measured again.
ATTEMPTS = 4


@cache
def measured() -> dict[str, float]:
    return ratios(measure(built(), STARTS))


@pytest.mark.parametrize("start", STARTS, ids=[start.name for start in STARTS])
def test_a_cold_start_keeps_to_its_budget(start: Start) -> None:
    ratio = measured()[start.name]
    for _ in range(ATTEMPTS):
        if ratio <= start.budget:
            return
        ratio = ratios(measure(built(), [start]))[start.name]
    assert ratio <= start.budget
