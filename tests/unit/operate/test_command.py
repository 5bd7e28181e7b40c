"""How a command of make ends."""

import signal
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from minipush_cli.doctor.check import failed, passed, warned
from minipush_cli.errors import CommandError, Exit
from operate.command import ensure_passed, run_command, told_if_interrupted


def broken(error: BaseException) -> Iterator[str]:
    yield "first\n"
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("no", Exit.STATE), Exit.STATE),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks"),
            Exit.CREDENTIALS,
        ),
        (NoCredentialsError(), Exit.CREDENTIALS),
        (ParamValidationError(report="Invalid range"), Exit.UNREACHABLE),
        (EndpointConnectionError(endpoint_url="https://example.com"), Exit.UNREACHABLE),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
    ],
)
def test_an_error_is_one_line_after_what_was_written(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: Exit
) -> None:
    assert run_command("export", lambda: broken(error)) == code
    written = capsys.readouterr()
    assert written.out == "first\n"
    assert written.err.startswith("export: ")
    assert len(written.err.splitlines()) == 1


def refused(code: str, status: int = 400) -> ClientError:
    said = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "PutItem")  # type: ignore[arg-type]  # not all that AWS says


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (refused("ThrottlingException"), True),
        (refused("ExpiredTokenException"), True),
        (refused("InternalError", 500), True),
        (EndpointConnectionError(endpoint_url="https://example.com"), True),
        (ConnectionClosedError(endpoint_url="https://example.com"), True),
        (KeyboardInterrupt(), True),
        (refused("NoSuchBucket", 404), False),
        (refused("AccessDenied", 403), False),
        (ParamValidationError(report="no"), False),
        (NoCredentialsError(), False),
        (CommandError("no"), False),
    ],
)
def test_running_it_again_is_advised_where_that_helps(
    capsys: pytest.CaptureFixture[str], error: BaseException, helps: bool
) -> None:
    run_command("import", lambda: broken(error), "; run it again")
    assert capsys.readouterr().err.endswith("; run it again\n") == helps


def test_the_first_line_is_written_before_the_second_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def lines() -> Iterator[str]:
        yield "first\n"
        seen.append(capsys.readouterr().out)
        yield "second\n"

    assert run_command("logs", lines) == Exit.OK
    assert seen == ["first\n"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_command_interrupts_it_so_that_it_can_tidy_up(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    tidied: list[str] = []

    def lines() -> Iterator[str]:
        try:
            yield "first\n"
            signal.raise_signal(number)
        finally:
            tidied.append("a key")

    assert run_command("smoke", lines) == Exit.INTERRUPTED
    assert (tidied, capsys.readouterr().err) == (["a key"], "smoke: interrupted\n")
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_nohup_ignores_is_ignored() -> None:
    def lines() -> Iterator[str]:
        signal.raise_signal(signal.SIGHUP)
        yield "first\n"

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_command("smoke", lines) == Exit.OK
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_an_interruption_says_what_was_changed_by_then(capsys: pytest.CaptureFixture[str]) -> None:
    def lines() -> Iterator[str]:
        with told_if_interrupted("It is stored; repeat it"):
            yield "first\n"
            raise KeyboardInterrupt

    assert run_command("secret", lines) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "secret: interrupted. It is stored; repeat it\n"


def test_checks_fail_together_and_warnings_do_not() -> None:
    ensure_passed([passed("stack", "well"), warned("logs", "endless", "make deploy")])
    with pytest.raises(CommandError, match="failed: tables, alarms"):
        ensure_passed([failed("tables", "a", "b"), failed("alarms", "c", "d"), failed("tables", "e", "f")])
