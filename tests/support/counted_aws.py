"""Commands that a signal meets at a certain call of AWS: the emulator has done it, and its answer has not come."""

import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.operated_stack import OperatedStack
from support.unreliable_api import Reply, Request, serving

DROPPED = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}


def signalled(
    stack: OperatedStack,
    command: str,
    is_there: Callable[[int, str], bool],
    number: signal.Signals,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """`is_there`: is it this call? It gets the call's number, from 1 on, and its name, such as `GetSecretValue`."""
    processes: list[subprocess.Popen[str]] = []

    def after(call: int, name: str) -> None:
        if is_there(call, name):
            processes[0].send_signal(number)

    with _counted_aws(stack.url, after) as url:
        process = stack.start(command, url, **variables)
        processes.append(process)
        written, said = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, written, said)


@contextmanager
def _counted_aws(url: str, after: Callable[[int, str], None]) -> Iterator[str]:
    """Its URL. `after` is called before an answer goes out."""
    calls = 0

    def answer(request: Request) -> Reply:
        nonlocal calls
        reply = _forwarded(request, url)
        calls += 1
        after(calls, request.headers.get("X-Amz-Target", "").rpartition(".")[2])
        return reply

    with serving(answer) as server:
        yield server.url


def _forwarded(request: Request, url: str) -> Reply:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
    sent = urllib.request.Request(url + request.path, request.body or None, headers, method=request.method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return Reply(answer.status, answer.read().decode(), _kind(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read().decode(), _kind(error.headers))


def _kind(headers: object) -> dict[str, str]:
    found = {name: headers.get(name) for name in ("Content-Type", "x-amzn-ErrorType")}  # type: ignore[attr-defined]
    return {name: value for name, value in found.items() if value}
