"""`make invoke`: invokes one function of the running stack by its logical id, with an event."""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.aws import Aws


class InvokeError(Exception):
    """No function was invoked. The message contains the reason."""


def main(arguments: list[str]) -> int:
    try:
        function, event = _read(arguments)
        aws = Aws(f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}")
        answer = _invoke(aws, function, event)
    except (InvokeError, BotoCoreError, ClientError) as error:
        print(f"invoke: {error}", file=sys.stderr)
        return 2
    logs = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    print(logs, file=sys.stderr, end="")
    print(printed(answer["Payload"].read()))
    return 1 if "FunctionError" in answer else 0


def printed(payload: bytes) -> str:
    r"""The function's answer without \uXXXX escapes. Half of a surrogate pair, which UTF-8 cannot encode, becomes `?`."""
    text = payload.decode(errors="replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
    return text.encode(errors="replace").decode()


def _read(arguments: list[str]) -> tuple[str, bytes]:
    function, *files = [*arguments, ""]
    if not function:
        raise InvokeError("FUNCTION is missing: make invoke FUNCTION=SweepFunction EVENT=event.json")
    event = _event(Path(files[0])) if files[0] else b"{}"
    return function, event


def _event(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        json.loads(content)
    except OSError as error:
        raise InvokeError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InvokeError(f"{path} is not JSON: {error}") from error
    return content


def _invoke(aws: Aws, function: str, event: bytes) -> dict[str, Any]:
    resources = aws.resources("AWS::Lambda::Function")
    if function not in resources:
        raise InvokeError(f"no function {function}; the functions are {', '.join(sorted(resources))}")
    answer: dict[str, Any] = aws.client("lambda").invoke(
        FunctionName=resources[function], Payload=event, LogType="Tail"
    )
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
