"""`make invoke` runs one function of the running stack, by its logical id."""

import json
from pathlib import Path

import pytest
from support.running import MakeRun

from local.stack.aws import Aws

pytestmark = pytest.mark.e2e


def test_the_answer_alone_is_on_stdout(run: MakeRun) -> None:
    done = run.invoke("FUNCTION=SweepFunction")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)


def test_the_event_comes_from_a_file(run: MakeRun, tmp_path: Path) -> None:
    event = tmp_path / "an event.json"
    event.write_text("{}")
    assert run.invoke("FUNCTION=SweepFunction", f"EVENT={event}").returncode == 0


def test_a_function_that_fails_shows_its_error_and_fails(run: MakeRun, tmp_path: Path) -> None:
    aws = Aws(run.aws_url)
    function = aws.resources("AWS::Lambda::Function")["SweepFunction"]
    handler = aws.client("lambda").get_function_configuration(FunctionName=function)["Handler"]
    aws.client("lambda").update_function_configuration(FunctionName=function, Handler="app.nothing")
    try:
        done = run.invoke("FUNCTION=SweepFunction")
    finally:
        aws.client("lambda").update_function_configuration(FunctionName=function, Handler=handler)
    assert done.returncode != 0
    assert "nothing" in json.loads(done.stdout)["errorMessage"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["FUNCTION=NoFunction"], "no function NoFunction; the functions are CampaignScheduleFunction"),
        (["FUNCTION="], "FUNCTION is missing"),
        (["FUNCTION=SweepFunction", "EVENT=no/such/file.json"], "no/such/file.json: No such file"),
        (["FUNCTION=SweepFunction", "EVENT=Makefile"], "Makefile is not JSON"),
    ],
)
def test_what_cannot_be_invoked_is_said_on_stderr(run: MakeRun, arguments: list[str], complaint: str) -> None:
    done = run.invoke(*arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    assert complaint in done.stderr


def test_no_stack_at_that_port_is_said(run: MakeRun) -> None:
    done = run.invoke("FUNCTION=SweepFunction", "AWS_PORT=1")
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "Could not connect" in done.stderr
