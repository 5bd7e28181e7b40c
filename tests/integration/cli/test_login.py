"""`login`, `whoami`, `profiles`."""

import stat
from pathlib import Path

import pytest
from support.command_line import CommandLine, on_a_terminal
from support.unreliable_api import Reply, Request, serving

KEY = "mp_right"
OPERATOR = {"name": "shop", "scopes": ["read", "send"]}


def answer(request: Request) -> Reply:
    is_right = request.headers["Authorization"] == f"Bearer {KEY}"
    return (
        Reply(200, OPERATOR)
        if is_right
        else Reply(401, {"detail": "This credential is unknown or has expired."})
    )


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    return CommandLine({"MINIPUSH_CONFIG": str(tmp_path / "config.toml")})


def test_a_key_is_read_from_stdin_checked_and_kept_for_its_owner_only(
    command_line: CommandLine, tmp_path: Path
) -> None:
    with serving(answer) as api:
        ran = command_line(
            "--profile", "shop", "login", "--url", f"{api.url}/", "--key-stdin", stdin=f"{KEY}\n"
        )
        assert ran.status == 0
        assert KEY not in ran.out + ran.err
        assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600
        assert command_line("whoami", "-o", "json").json == OPERATOR
        assert f"url      {api.url}\n" in command_line("whoami").out


def test_a_wrong_key_is_not_kept(command_line: CommandLine, tmp_path: Path) -> None:
    with serving(answer) as api:
        ran = command_line("login", "--url", api.url, "--key-stdin", stdin="mp_wrong\n")
    assert ran.status == 3
    assert not (tmp_path / "config.toml").exists()


def test_the_terminal_does_not_show_the_key(command_line: CommandLine) -> None:
    with serving(answer) as api:
        status, shown = on_a_terminal(
            command_line, ("login", "--url", api.url), {"Operator key: ": f"{KEY}\n"}
        )
    assert status == 0
    assert "Signed in" in shown
    assert KEY not in shown


def test_without_a_terminal_nobody_is_asked_for_the_key(command_line: CommandLine) -> None:
    ran = command_line("login", "--url", "https://api.example.com")
    assert ran.status == 2
    assert "--key-stdin" in ran.err


@pytest.mark.parametrize("arguments", [("login",), ("login", "--url", "http://api.example.com"), ("--profile", "a b", "login", "--url", "https://a.example")])  # fmt: skip
def test_a_login_that_makes_no_sense_is_refused(
    command_line: CommandLine, arguments: tuple[str, ...]
) -> None:
    assert command_line(*arguments, "--key-stdin", stdin=KEY).status == 2


def test_the_default_profile_can_be_chosen(command_line: CommandLine) -> None:
    with serving(answer) as api:
        for name in ("one", "two"):
            command_line("--profile", name, "login", "--url", api.url, "--key-stdin", stdin=KEY)
    listed = command_line("profiles", "--default", "two", "-o", "json").json
    assert [(one["name"], one["default"]) for one in listed["items"]] == [("one", False), ("two", True)]
    assert command_line("profiles", "--default", "three").status == 4
    assert "two" in command_line("profiles").out
    assert KEY not in command_line("profiles").out
