"""Every target that acts on a stack gives its program what the user wrote, through make and the shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.makefile import told

from local.processes import ROOT

# What it was called with, instead of doing it.
PROGRAM = f"""#!{sys.executable} -I
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
"""
HOSTILE = """{ $.address = "*" } $(error no) $(shell false) ${HOME} $$ `false` $a it's "one" # \\ % ; & * 密钥\nand $b"""
TARGETS = {
    name: target
    for name, target in told().items()
    if target.section in {"use", "operate"} and target.variables
}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Instead of `.venv/bin`."""
    program = tmp_path / "python"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return tmp_path


def called(
    programs: Path, target: str, given: dict[str, str], around: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment of the program that the target starts. No tool is set up before."""
    command = ["make", "--silent", target, f"BIN={programs}", "READY="]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME")}
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in given.items())],
        env=inherited | around, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    arguments, environment = json.loads(done.stdout)
    return arguments, environment


def hostile(target: str) -> dict[str, str]:
    return {name: f"{name} {HOSTILE}" for name in sorted(TARGETS[target].variables)}


@pytest.mark.parametrize("target", TARGETS)
def test_what_stands_on_the_command_line_arrives_as_it_is(programs: Path, target: str) -> None:
    given = hostile(target)
    _, environment = called(programs, target, given, {})
    assert environment | given == environment


@pytest.mark.parametrize("target", TARGETS)
def test_what_stands_in_the_environment_arrives_as_it_is(programs: Path, target: str) -> None:
    around = hostile(target)
    _, environment = called(programs, target, {}, around)
    assert environment | around == environment


def test_an_argument_is_one_word_whatever_it_contains(programs: Path) -> None:
    given = {"FUNCTION": HOSTILE, "EVENT": f"{HOSTILE}.json"}
    assert called(programs, "invoke", given, {})[0] == ["-m", "local.invoke", *given.values()]
    assert called(programs, "invoke", {"FUNCTION": HOSTILE}, {})[0] == ["-m", "local.invoke", HOSTILE]
    assert called(programs, "simulator", {"PORT": HOSTILE}, {})[0][-1] == HOSTILE
    assert called(programs, "simulator", {}, {})[0][-1] == "8800"


def test_the_operators_targets_are_all_tried() -> None:
    of_operators = {name for name, target in TARGETS.items() if target.section == "operate"}
    assert {"deploy", "logs", "export", "import", "secret", "operator-key", "rotate-callback"} <= of_operators
    assert TARGETS["logs"].variables >= {
        "FUNCTION",
        "SINCE",
        "LEVEL",
        "FILTER",
        "OPENID",
        "ENV",
        "STACK",
        "AWS_PORT",
    }
