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
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cells = [re.split(r" {2,}", row.strip()) for row in done.stdout.splitlines()]
    rows = {label: numbers for label, *numbers in cells}
    assert rows["users"] == ["60", "60"]
    assert int(rows["sent"][0]) >= 40
    assert {"unknown", "skipped: opted_out", "left in the pool"} <= rows.keys()
    assert "every number agrees" in done.stdout
