"""A campaign of the demo."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from local.demo import campaign, progress


class BackEnd:
    """Its campaign is halfway at the first poll and completed at the second."""

    def __init__(self, recipients: list[dict[str, str]]) -> None:
        self.entries = recipients
        self.polls = 0

    def create_campaign(self, _message: dict[str, Any], _max_per_second: int) -> str:
        return "c-1"

    def campaign(self, _id: str) -> dict[str, Any]:
        self.polls += 1
        counts = {"sent": min(self.polls, 2), "failed": 0, "skipped": 0, "unknown": 0}
        return {"status": "running" if self.polls == 1 else "completed", "counts": counts}

    def recipients(self, _id: str) -> Iterator[dict[str, str]]:
        yield from self.entries


class Control:
    def summary(self) -> dict[str, Any]:
        self.taken = getattr(self, "taken", -1) + 1
        return {"taken": self.taken, "errcodes": {}}

    def settle(self, _seconds: float) -> None:
        self.settled = True


ANNA, BO = ({"openid": openid, "status": "sent"} for openid in ("anna", "bo"))


def run_campaign(recipients: list[dict[str, str]], workers: int | None = 4) -> dict[str, Any]:
    """`workers`: the number found, or None if none is killed."""
    back_end: Any = BackEnd(recipients)
    control: Any = Control()
    kill = None if workers is None else (lambda: workers)
    shown = progress.Progress(io.StringIO())
    return campaign.CampaignRun(
        back_end=back_end,
        control=control,
        progress=shown,
        message={"type": "template"},
        seconds=15,
        kill_worker=kill,
        poll_seconds=0,
    ).run(2)


@pytest.mark.parametrize("workers", [4, None])
def test_a_campaign_returns_the_result_of_each_recipient(workers: int | None) -> None:
    assert run_campaign([ANNA, BO], workers) == {"anna": ANNA, "bo": BO}


@pytest.mark.parametrize(
    ("recipients", "workers", "why"),
    [
        ([ANNA], 4, "the campaign counts"),
        ([ANNA, ANNA], 4, "2 entries for 1 users"),
        ([ANNA, BO | {"status": "unknown"}], 4, "the campaign counts"),
        ([ANNA, BO], 0, "no worker was found"),
    ],
)
def test_a_campaign_that_contradicts_itself_ends_the_demo(
    recipients: list[dict[str, str]], workers: int, why: str
) -> None:
    with pytest.raises(campaign.CampaignError, match=why):
        run_campaign(recipients, workers)
