"""Standard input, output and arguments as scripts spoil them."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import COMMAND, CommandLine
from support.unreliable_api import Reply, serving

SECONDS = 30
NO_APPS: dict[str, object] = {"items": [], "next_cursor": None}


def run(tmp_path: Path, words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """In a shell, which closes streams and passes bytes as they are."""
    with serving(lambda _: Reply(200, NO_APPS)) as api:
        given = {"MINIPUSH_URL": api.url, "MINIPUSH_KEY": "mp_k", "PYTHON": sys.executable} | environment
        command = f"{' '.join(COMMAND)} {words}"
        return subprocess.run(
            ["bash", "-c", command], env=CommandLine(given).process_environment(), cwd=tmp_path,
            capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(tmp_path: Path, closed: str) -> None:
    ran = run(tmp_path, f"apps list {closed}")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_nobody_can_be_asked_where_standard_input_is_closed(tmp_path: Path) -> None:
    ran = run(tmp_path, "send anna --template S1 <&-")
    assert ran.returncode == 2
    assert b"nobody can be asked" in ran.stderr


@pytest.mark.parametrize("words", ["apps secret", "login --url http://127.0.0.1:9 --key-stdin"])
def test_bytes_that_are_no_text_are_no_secret(tmp_path: Path, words: str) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\n")
    ran = run(tmp_path, f"{words} < bytes", PYTHONUTF8="1")
    assert ran.returncode == 2
    assert b"bug" not in ran.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_an_argument_that_is_not_utf_8_is_named(tmp_path: Path, locale: str) -> None:
    ran = run(tmp_path, "apps register wx1 --name $'\\xff'", LC_ALL=locale)
    assert ran.returncode == 2
    assert b"not UTF-8" in ran.stderr
