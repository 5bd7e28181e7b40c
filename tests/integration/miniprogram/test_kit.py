"""The mini-program kit's own tests, which run on Node: miniprogram/test."""

import subprocess

import pytest
from support.node import KIT, run_node

TESTS = sorted(path.name for path in (KIT / "test").glob("*.test.mjs"))


def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", TESTS)
def test_what_the_kits_tests_say_is_true(name: str) -> None:
    done = run_node("--test", f"test/{name}")
    assert done.returncode == 0, said(done)


def test_the_mistakes_that_would_lose_permits_are_noticed() -> None:
    done = run_node("test/mutants.mjs", "--first", timeout=280)
    assert done.returncode == 0, said(done)
