"""The process of MiniStack. `local.stack.emulator` starts it with the emulator's interpreter. It ends when stdin closes."""

import json
import os
import signal
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import apigateway, eventbridge, lambda_svc, scheduler
from ministack.services.cloudformation import provisioners

TICK_SECONDS = 0.5


def tune() -> None:
    # MiniStack starts functions with sys.executable. The emulator's environment contains packages that Lambda
    # and the layer do not have. With the base interpreter, a package outside the layer is missing, as in Lambda.
    sys.executable = sys._base_executable  # type: ignore[attr-defined] # noqa: SLF001
    # After each call, MiniStack waits up to 50 ms for the first log line. Functions write their log lines before
    # they answer, so a few milliseconds are enough.
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.003, 0.002, 0.25)  # noqa: SLF001
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": Archive})
    # By default, MiniStack checks rules and schedules every 10 seconds.
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_SECONDS  # noqa: SLF001
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS  # noqa: SLF001
    eventbridge._dispatch_to_lambda = invoke_later  # noqa: SLF001
    apigateway._handle_execute_in_scope = without_preflight(apigateway._handle_execute_in_scope)  # noqa: SLF001
    apigateway._extract_path_params = with_empty_rest(apigateway._extract_path_params)  # noqa: SLF001
    eventbridge._apply_input_transformer = with_indexes(eventbridge._apply_input_transformer)  # noqa: SLF001
    handlers = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    handlers["AWS::Logs::QueryDefinition"] = {"create": record_alone, "delete": lambda *_: None}
    handlers["AWS::CloudWatch::Alarm"] = without_math(handlers["AWS::CloudWatch::Alarm"])


def record_alone(logical_id: str, _properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    """A saved query is for people who look at logs in AWS's console."""
    return f"{stack}-{logical_id}", {}


def without_math(alarms: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """MiniStack has no alarms on metric math, and no alarm of a local stack ever rings."""

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        make = record_alone if properties.get("Metrics") else alarms["create"]
        return make(logical_id, properties, stack)

    def updated(
        physical_id: str, before: Any, after: dict[str, Any], stack: str, logical_id: str | None = None
    ) -> Any:
        if after.get("Metrics"):
            return physical_id, {}
        return alarms["update"](physical_id, before, after, stack, logical_id)

    return {**alarms, "create": created, "update": updated}


class Method(str):
    """A method that MiniStack does not take for a preflight. It compares as a text that is none of the methods."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return False


def without_preflight(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Let OPTIONS reach the API's $default route. MiniStack answers 403 where an API has no CORS configuration.

    API Gateway answers OPTIONS by itself only for an API with one.
    """

    async def executed(api: str, stage: str, path: str, method: str, *rest: Any) -> Any:
        return await execute(api, stage, path, Method(method) if method == "OPTIONS" else method, *rest)

    return executed


def with_empty_rest(extract: Callable[..., Any]) -> Callable[..., Any]:
    """Let a greedy variable take an empty rest: in an HTTP API, `/console/{path+}` takes `/console/`."""

    def extracted(route_path: str, request_path: str) -> dict[str, str] | None:
        before, _, name = route_path.rpartition("/{")
        if name.endswith("+}") and request_path == f"{before}/":
            return {name[:-2]: ""}
        found: dict[str, str] | None = extract(route_path, request_path)
        return found

    return extracted


class Archive(zipfile.ZipFile):
    """Unpacks a layer once for all workers. MiniStack unpacks it for each worker, which takes two seconds."""

    unpacked: ClassVar[dict[int, Path]] = {}
    unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        if not Path(str(self.filename)).name.startswith("layer_"):
            return super().extractall(path, members, pwd)
        for entry in self._unpacked().iterdir():
            Path(path, entry.name).symlink_to(entry)
        return None

    def _unpacked(self) -> Path:
        contents = hash(tuple((entry.filename, entry.CRC) for entry in self.infolist()))
        with self.unpacking:
            if contents not in self.unpacked:
                directory = Path(tempfile.mkdtemp(prefix="layer-"))
                super().extractall(directory)
                self.unpacked[contents] = directory
            return self.unpacked[contents]


def invoke_later(arn: str, payload: str) -> None:
    """Invoke as rules and schedules do: retry a failure, then send it to the failure destination. MiniStack tries once."""
    function, configuration, _ = lambda_svc._get_func_record_for_ref(arn)  # noqa: SLF001
    if function and configuration:
        record = lambda_svc._execution_record_for_config(function, configuration)  # noqa: SLF001
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def with_indexes(transform: Callable[..., str]) -> Callable[..., str]:
    """Make paths with an index, such as `$.resources[0]`, work in input transformers."""

    def transformed(transformer: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
        event = view.event_with_detail()
        event = event | {f"resources[{number}]": arn for number, arn in enumerate(event["resources"])}
        indexed = SimpleNamespace(envelope=view.envelope, event_with_detail=lambda: event)
        return transform(transformer, rule, indexed)

    return transformed


def end_with_the_parent() -> None:
    """End when stdin closes. The parent holds its other end, which closes however the parent ends."""
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    tune()
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    app.main()
