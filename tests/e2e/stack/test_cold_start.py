"""What a cold start costs, in CPU time: see benchmarks/cold_start.py for the method."""

import pytest

from benchmarks.cold_start import STARTS, Start, measure, ratios
from local.stack.build import built

pytestmark = pytest.mark.e2e

# On a busy machine, the longer a start takes, the less likely one of six runs is undisturbed. A start over its budget
# is therefore measured again, each time beside the unit; its best measurement counts.
ATTEMPTS = 8


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    return ratios(measure(built(), STARTS))


@pytest.mark.parametrize("start", STARTS, ids=[start.name for start in STARTS])
def test_a_cold_start_keeps_to_its_budget(start: Start, measured: dict[str, float]) -> None:
    best = measured[start.name]
    for _ in range(ATTEMPTS):
        if best <= start.budget:
            break
        best = min(best, ratios(measure(built(), [start]))[start.name])
    assert best <= start.budget
