"""How much CPU each function's cold start takes: `python -m benchmarks.cold_start`.

Each start is a fresh interpreter with the layer as `sam build` makes it, byte code included. It measures its own CPU
time from the import of the handler's module until the service or the use cases are built, with the client of DynamoDB.
A `first` start also answers one request that breaks its schema: all modules and models of its route, but no network.
The starts take turns, each counts with its fastest run, and the unit is boto3 with one client in the same rounds.

CPython keeps Python frames in chunks of memory. Where a chunk ends in the middle of a hot recursion, such as the compiling
of urllib3's regular expressions, it is allocated and freed again and again, which takes up to 20 ms. The depth of the first
import decides that, and Lambda's own is not known here: so each round starts at another depth.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.environment import ENVIRONMENT

from local.stack.build import built

ROUNDS = 6
# Of frames, from one round to the next.
DEEPER = 7
UNIT = "boto3 with one client"
_MEASURED = """
import sys, time
sys.path[:0] = {folders!r}
def start(depth):
    if depth:
        start(depth - 1)
    else:
        exec({program!r}, globals())
started = time.process_time()
start({depth})
print(time.process_time() - started, file=sys.stderr)
"""
_BOTO3 = "import boto3\nboto3.client('dynamodb')"
_READY = """
import {module}
container = {module}.container()
{collaborators}
"""
_ANSWERED = """
import app, hashlib
from types import SimpleNamespace
container = app.container()
container.override(
    access_secret=lambda: {{
        "session_key": "s" * 64,
        "operator_keys": [
            {{"name": "shop", "scopes": ["send"], "hash": "sha256:" + hashlib.sha256(b"mp_key").hexdigest()}}
        ],
    }},
    audit=SimpleNamespace(note_use=lambda *_: None),
)
container.secrets
token = container.access.issue_session("anna") if {as_user} else "mp_key"
answer = app.handler(
    {{
        "routeKey": "POST {path}",
        "rawPath": "{path}",
        "headers": {{"authorization": "Bearer " + token}},
        "requestContext": {{"requestId": "r", "http": {{"method": "POST", "path": "{path}"}}}},
        "body": '{{"unknown": 1}}',
    }},
    SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 29_000),
)
assert answer["statusCode"] == 422, answer
"""


@dataclass(frozen=True, slots=True)
class Start:
    """`function`: its folder in the build; none for the unit. `budget` in units."""

    name: str
    function: str
    program: str
    budget: float


def _ready(name: str, function: str, module: str, budget: float, *collaborators: str) -> Start:
    built_ones = "\n".join(f"container.{each}" for each in ("dynamodb", *collaborators))
    return Start(name, function, _READY.format(module=module, collaborators=built_ones), budget)


def _answered(name: str, function: str, path: str, budget: float, *, as_user: bool) -> Start:
    return Start(name, function, _ANSWERED.format(path=path, as_user=as_user), budget)


STARTS = (
    _ready("collect", "CollectFunction", "app", 1.5, "mini_program_service"),
    _ready("push", "PushFunction", "app", 1.8, "operators_service"),
    _ready(
        "worker", "CampaignWorkerFunction", "worker", 1.35, "segment_queue", "sqs()", "loop", "run_segments"
    ),
    _ready("sweep", "SweepFunction", "app", 1.25, "sweep_expired", "reconcile_campaigns"),
    _ready("callback", "WeChatCallbackFunction", "app", 1.35, "wechat_callback"),
    _ready("schedule", "CampaignScheduleFunction", "schedule", 1.3, "campaign_lifecycle"),
    _answered("collect, first POST /collect", "CollectFunction", "/collect", 2.1, as_user=True),
    _answered("push, first POST /messages", "PushFunction", "/messages", 2.3, as_user=False),
)


def measure(build: Path, starts: Iterable[Start], rounds: int = ROUNDS) -> dict[str, float]:
    """CPU seconds by name, and those of UNIT: of the fastest of `rounds` runs."""
    layer = str(build / "CommonLayer" / "python")
    programs = {UNIT: ([layer], _BOTO3)}
    for start in starts:
        programs[start.name] = ([str(build / start.function), layer], start.program)
    runs = [
        {name: _run(*program, depth=DEEPER * number) for name, program in programs.items()}
        for number in range(rounds)
    ]
    return {name: min(run[name] for run in runs) for name in programs}


def ratios(seconds: Mapping[str, float]) -> dict[str, float]:
    """In units, without UNIT itself."""
    return {name: taken / seconds[UNIT] for name, taken in seconds.items() if name != UNIT}


def _run(folders: Sequence[str], program: str, *, depth: int) -> float:
    measured = _MEASURED.format(folders=folders, program=program, depth=depth)
    environment = ENVIRONMENT | {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": os.environ["PATH"],
    }
    interpreter = getattr(sys, "_base_executable", sys.executable)
    command = [interpreter, "-I", "-S", "-c", measured]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return float(done.stderr.split()[-1])


def main() -> None:
    seconds = measure(built(), STARTS, rounds=2 * ROUNDS)
    in_units = ratios(seconds)
    print(f"| start | CPU ms | times {UNIT} | budget |\n| --- | --- | --- | --- |")
    print(f"| {UNIT} | {seconds[UNIT] * 1000:.0f} | 1 | |")
    for start in STARTS:
        name = start.name
        print(f"| {name} | {seconds[name] * 1000:.0f} | {in_units[name]:.2f} | {start.budget} |")


if __name__ == "__main__":
    main()
