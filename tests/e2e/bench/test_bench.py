"""The short form of `make bench` runs and counts right. Its speed depends on the machine and isn't tested."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.report import Case, Report, Run
from local.processes import ROOT

# Permits, ms until an answer, and TLS: the short form leaves out three of the eight.
CASES = {(3, 0, True), (10, 0, True), (3, 50, True), (10, 50, True), (3, 0, False)}
WAYS = {"articles", "per_user", "ours", "bare_aiohttp", "bare_curl"}


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
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.emulator
def test_every_way_runs_against_every_wechat_and_counts_right(figures: dict[str, Any]) -> None:
    runs = figures["runs"]
    seen = {(run["contender"], run["permits"], run["wechat_ms"], run["tls"]) for run in runs}
    assert seen == {(way, *case) for way in WAYS for case in CASES}
    assert {run["contender"] for run in runs if run["type"] == "subscribe"} == {"per_user", "ours"}
    assert all(run["counts_are_right"] for run in runs)
    assert all(
        run[name] > 0 for run in runs for name in ("cpu_seconds", "seconds", "peak_mb", "per_cpu_second")
    )


@pytest.mark.emulator
def test_a_message_takes_two_writes_and_hardly_any_for_the_cursor(figures: dict[str, Any]) -> None:
    assert figures["writes_per_message"] == 2.0
    assert 0 < figures["cursor_writes_per_message"] < 0.01


@pytest.mark.emulator
def test_ours_is_set_beside_the_others(figures: dict[str, Any]) -> None:
    ratios = {(ratio["permits"], ratio["wechat_ms"], ratio["tls"]): ratio for ratio in figures["ratios"]}
    assert ratios.keys() == CASES
    compared = ("ours_to_per_user", "ours_to_bare_aiohttp", "ours_to_bare_curl")
    assert all(ratio[name] > 0 for ratio in ratios.values() for name in compared)


# ---- the report

THREE = Case(0, 3, has_tls=True)


def run_of(name: str, users: int = 1000, case: Case = THREE, *, right: bool = True, **figures: float) -> Run:
    usual = {"cpu_seconds": 1.0, "seconds": 2.0, "peak_mb": 100.0, "user_units": users, "campaign_units": 5.0}
    return Run(name, case, users, usual | figures, counts_are_right=right)


OTHERS = (
    run_of("per_user", cpu_seconds=20.0),
    run_of("bare_aiohttp", cpu_seconds=1.5),
    run_of("bare_curl", cpu_seconds=0.2),
)


def report_of(*runs: Run, put_units: float = 1.0) -> Report:
    return Report([run_of("ours"), *OTHERS, *runs], put_units)


def test_a_report_of_right_counts_is_right() -> None:
    report = report_of(run_of("ours", 4000, user_units=4000))
    assert report.counts_are_right
    [compared] = report.comparisons
    assert compared.as_json() == {
        "permits": 3,
        "wechat_ms": 0,
        "tls": True,
        "ours_to_per_user": 20.0,
        "ours_to_bare_aiohttp": 1.5,
        "ours_to_bare_curl": 0.2,
    }
    assert "right  2.0 writes a message" in report.text()


def test_what_a_bare_client_did_before_and_after_ours_counts_together() -> None:
    slower = run_of("bare_aiohttp", 500, cpu_seconds=1.5)
    [compared] = report_of(slower).comparisons
    assert compared.ratios["bare_aiohttp"] == pytest.approx(1000 / (1500 / 3.0))


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


def test_audiences_of_about_one_size_say_nothing_of_memory() -> None:
    report = report_of(run_of("ours", peak_mb=120))
    report.judges_memory = False
    assert report.counts_are_right
    assert report.as_json()["memory_growth"] == 1.2


def test_a_goal_that_is_missed_makes_no_count_wrong() -> None:
    report = report_of(run_of("ours"))
    assert report.goals() == {
        "16 times by user, in threads: 3 permits, TLS, 0 ms": True,
        "1.0 times bare aiohttp, no ledger: 3 permits, TLS, 0 ms": True,
        "0.3 times bare libcurl, no ledger: 3 permits, TLS, 0 ms": False,
    }
    assert report.counts_are_right
    assert not report.goals_are_met


@pytest.mark.parametrize(("seconds", "is_met"), [(1.2, True), (1.3, False)])
def test_more_permits_may_cost_a_fifth(seconds: float, is_met: bool) -> None:
    ten = Case(0, 10, has_tls=True)
    others = [run_of(name, case=ten) for name in ("per_user", "bare_aiohttp", "bare_curl")]
    more = report_of(run_of("ours", case=ten, cpu_seconds=seconds), *others)
    assert more.goals()["0.8 times the speed with fewer permits: 10 permits, TLS, 0 ms"] is is_met
