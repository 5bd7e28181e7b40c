"""Starts function workers before the first request."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from local.stack.aws import Aws
from local.stack.deploy import Deployment
from local.stack.settings import StackError

WORKERS = 2
# A process that starts needs a core: more of them at once would only wait for each other.
AT_ONCE = 4
TIMEOUT_SECONDS = 180


def warm_up(aws: Aws, deployment: Deployment) -> None:
    """Call each function twice at the same time, because each of two calls starts a worker.

    A call is a GET of a route without parameters, or an invocation with an empty batch.
    """
    calls = [call for call in (*_gets(aws, deployment), *_invocations(aws)) for _ in range(WORKERS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda call: call(), calls))


def _gets(aws: Aws, deployment: Deployment) -> Iterator[Callable[[], None]]:
    paths = {r.function: r.key.removeprefix("GET ") for r in deployment.routes if _is_plain_get(r.key)}
    base = f"{aws.url}/_aws/execute-api/{deployment.api_id}/$default"
    return (partial(_get, base + path) for path in paths.values())


def _invocations(aws: Aws) -> Iterator[Callable[[], None]]:
    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return (partial(_invoke_with_empty_batch, aws, mapping["FunctionArn"]) for mapping in mappings)


def _invoke_with_empty_batch(aws: Aws, function: str) -> None:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    if "FunctionError" in answer:
        raise StackError(f"{function} failed: {answer['Payload'].read().decode(errors='replace')}")


def _is_plain_get(key: str) -> bool:
    return key.startswith("GET ") and "{" not in key


def _get(url: str) -> None:
    try:
        urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS).close()  # noqa: S310 - the scheme is always http
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= 500:
                raise StackError(f"GET {url} failed: {error.read().decode(errors='replace')}") from error
