"""Two worker processes and one classic token, over a real Redis, the State table and a real token endpoint."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.redis_server import running_redis
from support.tables import create_tables

pytestmark = pytest.mark.emulator

WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
import boto3
from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.adapters.redis.tokens import RedisTokenStore
from minipush.wechat import TokenSource
from minipush.wechat.requests_transport import RequestsTransport

base_url, redis_socket, aws_url, table = sys.argv[1:]
dynamodb = boto3.client("dynamodb", "us-east-1", endpoint_url=aws_url, aws_access_key_id="test", aws_secret_access_key="test")
store = RedisTokenStore(SharedRedis("unix://" + redis_socket, dict), DynamoTokenStore(dynamodb, table))
tokens = TokenSource(RequestsTransport(base_url), "wx1", "s", store, mode="classic")
with ThreadPoolExecutor(8) as pool:
    for step in range(8):
        sys.stdin.readline()
        first = set(pool.map(lambda _: tokens.current(), range(8)))
        print(*sorted(token.value for token in first), flush=True)
        sys.stdin.readline()
        for rejected in first:
            set(pool.map(lambda _: tokens.replace(rejected), range(8)))
"""


class Endpoint(ThreadingHTTPServer):
    given = 0


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.server.given += 1
        body = json.dumps({"access_token": f"T{self.server.given}", "expires_in": 7200}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def workers(
    endpoint: Endpoint, dynamodb: DynamoDBClient, aws_endpoint: str
) -> Iterator[list[subprocess.Popen[str]]]:
    base_url = f"http://127.0.0.1:{endpoint.server_port}"
    state = create_tables(dynamodb)[1]
    with running_redis() as redis_socket, contextlib.ExitStack() as stack:
        processes = [_start(base_url, redis_socket, aws_endpoint, state) for _ in range(2)]
        for process in processes:
            stack.enter_context(process)
            stack.callback(process.kill)
        yield processes


def _start(*arguments: str) -> subprocess.Popen[str]:
    layer = Path(__file__).parents[3] / "layers" / "common"
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments],
        env=os.environ | {"PYTHONPATH": str(layer)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_fetch_one_classic_token_between_them(
    workers: list[subprocess.Popen[str]], endpoint: Endpoint
) -> None:
    for step in range(8):
        _say(workers)
        given = [process.stdout.readline().split() for process in workers if process.stdout]
        assert given == [[f"T{step + 1}"]] * 2  # one call a step, whoever made it
        _say(workers)
    assert [process.wait(10) for process in workers] == [0, 0]
    assert endpoint.given == 9


def _say(workers: list[subprocess.Popen[str]]) -> None:
    for process in workers:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
