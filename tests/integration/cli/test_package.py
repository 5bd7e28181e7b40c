"""The package that `pipx install` or `uvx` gets."""

import os
import subprocess
import sysconfig
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from local.processes import ROOT
from minipush_cli import __version__

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
PYTHON = ROOT / ".venv" / "bin" / "python"
HELP_SECONDS = 0.3  # of CPU time
DEPENDENCIES = ("click", "rich", "pygments", "markdown-it-py", "mdurl", "urllib3")
INSTALLED_BYTES = 10_000_000


def uv(*arguments: str | Path) -> None:
    subprocess.run([UV, "--offline", "--quiet", *arguments], cwd=ROOT, check=True, timeout=60)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "cli", "--wheel", "--no-build-isolation", "--python", PYTHON, "--out-dir", folder)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def script(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script, in an environment of its own whose dependencies are those of this one."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    uv("venv", environment, "--python", PYTHON)
    uv("pip", "install", "--no-deps", "--python", environment / "bin" / "python", wheel)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin" / "minipush"


def test_the_wheel_contains_the_command_line_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
    assert folders == {"minipush_cli", f"minipush-{__version__}.dist-info"}
    assert wheel.stat().st_size < 100_000


def test_the_console_script_runs(script: Path) -> None:
    printed = subprocess.check_output([script, "--version"], text=True, timeout=30)
    assert printed == f"minipush, version {__version__}\n"


def test_help_is_printed_at_once_and_loads_neither_rich_nor_urllib3(script: Path) -> None:
    assert min(cpu_seconds(script, "--help") for _ in range(5)) < HELP_SECONDS
    loaded = "import sys, minipush_cli.main; print({'rich', 'urllib3', 'boto3', 'redis'} & set(sys.modules))"
    python = script.parent / "python"
    assert subprocess.check_output([python, "-c", loaded], text=True, timeout=30) == "set()\n"


def cpu_seconds(*command: Path | str) -> float:
    before = os.times()
    subprocess.check_output(command, timeout=30)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_what_is_installed_is_small() -> None:
    """Without the caches of Python."""
    files = [
        file for name in DEPENDENCIES for file in distribution(name).files or [] if file.suffix != ".pyc"
    ]
    assert sum(Path(file.locate()).stat().st_size for file in files) < INSTALLED_BYTES
