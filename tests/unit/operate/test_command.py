"""How a command of make ends."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from minipush_cli.doctor.check import failed, passed, warned
from minipush_cli.errors import CommandError, Exit
from operate.command import ensure_passed, run_command


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


def test_the_first_line_is_written_before_the_second_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def lines() -> Iterator[str]:
        yield "first\n"
        seen.append(capsys.readouterr().out)
        yield "second\n"

    assert run_command("logs", lines) == Exit.OK
    assert seen == ["first\n"]


def test_checks_fail_together_and_warnings_do_not() -> None:
    ensure_passed([passed("stack", "well"), warned("logs", "endless", "make deploy")])
    with pytest.raises(CommandError, match="failed: tables, alarms"):
        ensure_passed([failed("tables", "a", "b"), failed("alarms", "c", "d"), failed("tables", "e", "f")])
