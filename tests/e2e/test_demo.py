"""`make demo`, with fewer users."""

import os
import re
import subprocess

import pytest

from local.processes import ROOT

# The demo has a stack of its own: a slow machine needs minutes.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_the_demo_ends_with_numbers_that_agree_with_wechats() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "demo"],
        cwd=ROOT,
        env=os.environ | {"USERS": "60"},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    direct, campaign, permits, subscription, subscriptions, official, pushes, broadcast = tables(done.stdout)
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
    # Twenty follow. Those of them who opted out get nothing.
    assert int(official["sent"][0]) + int(official["skipped: opted_out"][0]) >= 18
    assert official["sent"][0] == official["sent"][1]
    assert official["users reached more than once"] == ["0", "0"]
    assert pushes["in the inbox"] == ["24", "24"]
    assert pushes["reminded by bark"] == ["8", "8"]
    assert pushes["of which after a dead channel"] == ["4", "4"]
    assert pushes["users reminded more than once"] == ["0", "0"]
    assert broadcast["a broadcast of the app"] == broadcast["in the inbox"] == ["24", "24"]
    assert broadcast["users who have it more than once"] == ["0", "0"]
    assert "is banned" in done.stdout
    assert re.search(r"one of [1-4] workers is killed", done.stdout)
    assert re.search(
        r"^[1-9]\d* of them did so on phones that run the mini-program kit$", done.stdout, re.MULTILINE
    )
    assert "All numbers match WeChat's." in done.stdout


def tables(said: str) -> list[dict[str, list[str]]]:
    """What stands in the tables: of the direct messages, of the campaign, of its permits; of subscriptions; of the official
    account; of an app's pushes; of its broadcast."""
    heads = r"^(?=a campaign to all|permits|a subscription campaign|subscriptions|a message in the official|a push of|a broadcast of)"
    parts = re.split(heads, said, flags=re.MULTILINE)
    rows = [[re.split(r" {2,}", row.strip()) for row in part.splitlines()] for part in parts]
    return [{label: numbers for label, *numbers in cells} for cells in rows]
