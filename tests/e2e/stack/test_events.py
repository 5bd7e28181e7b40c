"""The sample events of events/ work on the running stack."""

import pytest
from support.running import MakeRun

from local.processes import ROOT

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("event", "function"),
    [
        ("health", "CollectFunction"),
        ("sweep", "SweepFunction"),
        ("campaign-schedule", "CampaignScheduleFunction"),
        ("campaign-start", "CampaignScheduleFunction"),
    ],
)
def test_a_sample_event_is_taken(run: MakeRun, event: str, function: str) -> None:
    done = run.invoke(f"FUNCTION={function}", f"EVENT={ROOT}/events/{event}.json")
    assert done.returncode == 0, done.stderr
