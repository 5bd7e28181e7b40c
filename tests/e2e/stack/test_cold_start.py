"""What a cold start costs, in CPU time: see benchmarks/cold_start.py for the method."""

import pytest

from benchmarks.cold_start import ROUNDS, STARTS, Start, fastest, measure, ratios
from local.stack.build import built

pytestmark = pytest.mark.e2e

# Neighbours on a busy machine make a run slower, never faster: a start over its budget gets more rounds.
MOST_ROUNDS = 8 * ROUNDS


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    return measure(built(), STARTS)


@pytest.mark.parametrize("start", STARTS, ids=[start.name for start in STARTS])
def test_a_cold_start_keeps_to_its_budget(start: Start, measured: dict[str, float]) -> None:
    seconds, rounds = measured, ROUNDS
    while ratios(seconds)[start.name] > start.budget and rounds < MOST_ROUNDS:
        seconds = fastest(seconds, measure(built(), [start]))
        rounds += ROUNDS
    assert ratios(seconds)[start.name] <= start.budget
