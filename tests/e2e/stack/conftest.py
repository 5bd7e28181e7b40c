import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.recorded import Recorder
from support.running import MakeRun, running

from local.stack.aws import Aws

ECHO = Path(__file__).with_name("echo.py")
RECORDER = Path(__file__).with_name("recorder.py")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    with running(tmp_path_factory.mktemp("stack") / "run") as made:
        yield made


@pytest.fixture(scope="session")
def echo(run: MakeRun) -> str:
    """The URL of a function added to the running stack that answers with the event it got, or misbehaves."""
    aws = Aws(run.aws_url)
    made = aws.client("lambda").create_function(
        FunctionName="echo", Runtime="python3.13", Handler="echo.handler", Code={"ZipFile": _zipped(ECHO)},
        Role="arn:aws:iam::000000000000:role/echo", Timeout=20, MemorySize=256,
    )  # fmt: skip
    gateway = aws.client("apigatewayv2")
    api = aws.resources("AWS::ApiGatewayV2::Api")["Api"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=made["FunctionArn"], PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    for route in ("ANY /echo", "ANY /echo/{anything}"):
        gateway.create_route(ApiId=api, RouteKey=route, Target=target)
    return f"{run.api_url}/echo"


@pytest.fixture(scope="session")
def recorder(run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """A function added to the running stack, with its layer, that notes what it gets."""
    aws = Aws(run.aws_url)
    [layer] = aws.resources("AWS::Lambda::LayerVersion").values()
    notes = tmp_path_factory.mktemp("recorder") / "notes.jsonl"
    made = aws.client("lambda").create_function(
        FunctionName="recorder", Runtime="python3.13", Handler="recorder.handler", Layers=[layer],
        Code={"ZipFile": _zipped(RECORDER)}, Role="arn:aws:iam::000000000000:role/recorder", Timeout=20,
        Environment={"Variables": {"NOTES": str(notes)}},
    )  # fmt: skip
    return Recorder(aws, made["FunctionArn"], notes)


def _zipped(path: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(path, path.name)
    return content.getvalue()
