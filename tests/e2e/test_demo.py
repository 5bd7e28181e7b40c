"""`make demo`, with fewer users."""

import os
import re
import subprocess

import pytest

from local.processes import ROOT

pytestmark = pytest.mark.e2e


def test_the_demo_ends_with_numbers_that_agree_with_wechats() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "demo"],
        cwd=ROOT,
        env=os.environ | {"USERS": "60"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    direct, campaign, permits, subscription, subscriptions = tables(done.stdout)
    assert direct["users"] == ["60", "60"]
    assert {"unknown", "skipped: opted_out"} <= direct.keys()
    assert int(direct["sent"][0]) >= 40
    assert int(campaign["sent"][0]) >= 25
    assert int(subscription["sent"][0]) >= 25
    for message in (direct, campaign, subscription):
        assert message["users reached more than once"] == ["0", "0"]
    assert "left in the pool" in permits
    assert int(subscription["accepted by WeChat, but not delivered"][0]) > 0
    assert int(subscriptions["withdrawn in the settings"][1]) > 0
    assert int(subscriptions["left in the pool"][1]) > 0
    assert subscriptions["events WeChat could not deliver"] == ["0", "0"]
    assert re.search(r"one of [1-4] workers is killed", done.stdout)
    assert re.search(
        r"^[1-9]\d* of them did so on phones that run the mini-program kit$", done.stdout, re.MULTILINE
    )
    assert "All numbers match WeChat's." in done.stdout


def tables(said: str) -> list[dict[str, list[str]]]:
    """What stands in the table: of the direct messages, of the campaign, of its permits; then of subscriptions."""
    heads = r"^(?=a campaign to all|permits|a subscription campaign|subscriptions)"
    parts = re.split(heads, said, flags=re.MULTILINE)
    rows = [[re.split(r" {2,}", row.strip()) for row in part.splitlines()] for part in parts]
    return [{label: numbers for label, *numbers in cells} for cells in rows]
