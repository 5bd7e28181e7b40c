"""The short form of `make bench` runs and counts right. Its speed depends on the machine and isn't tested."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.report import Report, Run
from local.processes import ROOT

WAYS = {"articles", "per_user", "ours", "bare"}


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    paths = [str(ROOT / "layers" / "common"), str(ROOT / "tests")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env={**os.environ, "QUICK": "1", "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.emulator
def test_every_way_runs_against_both_answers_and_counts_right(figures: dict[str, Any]) -> None:
    runs = figures["runs"]
    assert {(run["contender"], run["wechat_ms"]) for run in runs} == {(w, ms) for w in WAYS for ms in (0, 50)}
    assert all(run["counts_are_right"] for run in runs)
    assert all(
        run[name] > 0 for run in runs for name in ("cpu_seconds", "seconds", "peak_mb", "per_cpu_second")
    )


@pytest.mark.emulator
def test_a_message_takes_two_writes_and_hardly_any_for_the_cursor(figures: dict[str, Any]) -> None:
    assert figures["writes_per_message"] == 2.0
    assert 0 < figures["cursor_writes_per_message"] < 0.01


@pytest.mark.emulator
def test_ours_is_set_beside_the_way_by_user(figures: dict[str, Any]) -> None:
    ratios = {
        (ratio["permits"], ratio["wechat_ms"]): ratio["ours_to_per_user"] for ratio in figures["ratios"]
    }
    assert ratios.keys() == {(permits, ms) for permits in (3, 10) for ms in (0, 50)}
    assert all(ratio > 0 for ratio in ratios.values())


# ---- the report


def run_of(name: str, users: int = 1000, *, right: bool = True, **figures: float) -> Run:
    usual = {"cpu_seconds": 1.0, "seconds": 2.0, "peak_mb": 100.0, "user_units": users, "campaign_units": 5.0}
    return Run(name, 0, 3, users, usual | figures, counts_are_right=right)


def report_of(*runs: Run, put_units: float = 1.0) -> Report:
    return Report([run_of("ours"), run_of("per_user", cpu_seconds=10.0), *runs], put_units)


def test_a_report_of_right_counts_is_right() -> None:
    report = report_of(run_of("ours", 4000, user_units=4000))
    assert report.counts_are_right
    assert [*report.ratios()] == [(3, 0, 10.0)]
    assert "right  2.0 writes a message" in report.text()


@pytest.mark.parametrize(
    ("report", "wrong"),
    [
        (report_of(run_of("articles", right=False), run_of("ours")), "each user reached once"),
        (report_of(run_of("ours", user_units=1001)), "2.0 writes a message"),
        (report_of(run_of("ours", user_units=999)), "2.0 writes a message"),
        (report_of(run_of("ours"), put_units=2.0), "2.0 writes a message"),
        (report_of(run_of("ours", campaign_units=10)), "cursor writes below 0.01"),
        (report_of(run_of("ours", peak_mb=120)), "memory does not grow"),
    ],
)
def test_a_count_that_is_off_is_named(report: Report, wrong: str) -> None:
    assert not report.counts_are_right
    assert [what for what, right in report.checks().items() if not right] == [wrong]
    assert f"WRONG  {wrong}" in report.text()


def test_a_goal_is_met_by_the_slowest_run_or_missed_but_no_count_is_off() -> None:
    goal = "3,000 per CPU-second at 3 permits, 0 ms"
    fast, slow = run_of("ours", cpu_seconds=0.3), run_of("ours", cpu_seconds=0.4)
    assert Report([fast, run_of("per_user"), fast], 1.0).goals()[goal] is True
    missed = Report([fast, slow, run_of("per_user"), fast], 1.0)
    assert missed.goals()[goal] is False
    assert missed.counts_are_right
