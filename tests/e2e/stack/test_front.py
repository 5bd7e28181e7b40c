"""An HTTP request reaches the function in the form that API Gateway gives it."""

import base64
import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from support.recorded import until
from support.running import MakeRun

from local.stack.api_gateway import LARGEST_BODY

pytestmark = pytest.mark.e2e


def event(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    got: dict[str, Any] = answer.json()["event"]
    return got


def body(got: dict[str, Any]) -> bytes:
    return base64.b64decode(got["body"]) if got["isBase64Encoded"] else got["body"].encode()


@pytest.mark.parametrize("content_type", ["application/json", "text/xml", "application/octet-stream", ""])
@pytest.mark.parametrize(
    "sent", [b'{"name": "\xe5\xad\x97"}', b"\xff\xfe\x00not text", b" \r\n<xml/>\n", b"{}" * 500_000]
)
def test_a_body_arrives_byte_for_byte(echo: str, sent: bytes, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert body(event(requests.post(echo, data=sent, headers=headers))) == sent


def is_problem(answer: requests.Response, status: int) -> bool:
    problem = answer.headers["Content-Type"].startswith("application/problem+json")
    return (
        (answer.status_code, answer.json()["status"]) == (status, status)
        and problem
        and bool(answer.headers["X-Request-Id"])
    )


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://a.b", "Access-Control-Request-Method": "GET"}])
def test_options_go_to_the_default_route_as_any_method(run: MakeRun, headers: dict[str, str]) -> None:
    answer = requests.options(f"{run.api_url}/me", headers=headers)
    assert is_problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, PUT, PATCH"


def test_options_reach_a_function_as_they_were_sent(echo: str) -> None:
    got = event(requests.options(echo))
    assert (got["requestContext"]["http"]["method"], got["routeKey"]) == ("OPTIONS", "ANY /echo")


@pytest.mark.parametrize("path", ["/health", "/campaigns", "/users/anna"])
def test_head_is_answered_as_get_without_a_body(run: MakeRun, path: str) -> None:
    url, headers = f"{run.api_url}{path}", {"Authorization": f"Bearer {run.operator_key}"}
    head, get = requests.head(url, headers=headers), requests.get(url, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_body_without_a_content_type_counts_as_json(run: MakeRun) -> None:
    headers = {"Authorization": f"Bearer {run.operator_key}"}
    answer = requests.post(f"{run.api_url}/messages", data=b"{}", headers=headers)
    assert is_problem(answer, 422)


def test_a_header_that_was_not_sent_is_not_there(run: MakeRun, echo: str) -> None:
    with socket.create_connection(("127.0.0.1", run.port)) as wire:
        wire.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    got = json.loads(answer.partition(b"\r\n\r\n")[2])["event"]
    assert set(got["headers"]) <= {"host", "content-length"}
    assert (got["isBase64Encoded"], body(got)) == (True, b"{}")


def test_a_path_with_a_line_break_in_it_is_nothing_special(run: MakeRun) -> None:
    headers = {"Authorization": f"Bearer {run.operator_key}"}
    assert is_problem(requests.get(f"{run.api_url}/campaigns/c-%0A", headers=headers), 404)


def test_a_text_body_arrives_as_text(echo: str) -> None:
    got = event(requests.post(echo, data="<xml>字</xml>".encode(), headers={"Content-Type": "text/xml"}))
    assert (got["isBase64Encoded"], got["body"]) == (False, "<xml>字</xml>")


def test_a_body_over_ten_megabytes_is_refused(echo: str) -> None:
    answer = requests.post(echo, data=b"x" * (LARGEST_BODY + 1))
    assert is_problem(answer, 413)


def test_the_query_arrives_raw_and_split(echo: str) -> None:
    got = event(requests.get(f"{echo}?echostr=a%2Bb%26c&x=1&x=2&empty="))
    assert got["rawQueryString"] == "echostr=a%2Bb%26c&x=1&x=2&empty="
    assert got["queryStringParameters"] == {"echostr": "a+b&c", "x": "1,2", "empty": ""}


def test_a_path_s_escapes_are_decoded(echo: str) -> None:
    got = event(requests.get(f"{echo}/o%E5%AD%97%20-_"))
    assert got["rawPath"] == "/echo/o字 -_"


def test_a_header_sent_twice_arrives_joined(run: MakeRun, echo: str) -> None:
    with socket.create_connection(("127.0.0.1", run.port)) as wire:
        wire.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Two: a\r\nx-two: b\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["event"]["headers"]["x-two"] == "a,b"


def test_credentials_arrive(echo: str) -> None:
    got = event(requests.get(echo, headers={"Authorization": "Bearer abc", "Idempotency-Key": "k"}))
    assert (got["headers"]["authorization"], got["headers"]["idempotency-key"]) == ("Bearer abc", "k")


def test_what_no_route_matches_goes_to_the_default_route(run: MakeRun) -> None:
    answer = requests.get(f"{run.api_url}/no/such/route/")
    assert answer.status_code in {200, 404}
    assert "apigw-requestid" in answer.headers


def test_a_function_that_raises_is_a_500_that_tells_nothing(echo: str) -> None:
    answer = requests.get(f"{echo}?raise=secret")
    assert is_problem(answer, 500)
    assert "RuntimeError" not in answer.text
    assert requests.get(echo).status_code == 200


def test_a_worker_that_dies_in_the_middle_is_a_500_and_is_replaced(echo: str) -> None:
    assert is_problem(requests.get(f"{echo}?die=1"), 500)
    assert requests.get(echo).status_code == 200


def is_dead(worker: int) -> bool:
    try:
        state = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def test_a_worker_killed_between_calls_is_replaced_unnoticed(echo: str) -> None:
    worker = requests.get(echo).json()["context"]["pid"]
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: is_dead(worker), bool)
    assert requests.get(echo).status_code == 200


def test_more_callers_than_workers_wait_their_turn(echo: str) -> None:
    with ThreadPoolExecutor(40) as callers:
        answers = list(callers.map(lambda _: requests.get(f"{echo}?seconds=0.2"), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["context"]["pid"] for answer in answers}) <= 12


def test_a_function_finds_itself_as_in_lambda(echo: str) -> None:
    context = requests.get(echo).json()["context"]
    assert 0 < context["remaining"] <= 20_000
    assert context == context | {"name": "echo", "leaked": [], "imports": [], "python": [3, 13]}


@pytest.mark.parametrize(("lines", "width"), [(1, 0), (500, 10), (1, 500_000)])
def test_logs_are_not_taken_for_answers(echo: str, lines: int, width: int) -> None:
    got = event(requests.get(f"{echo}?lines={lines}&width={width}"))
    assert got["queryStringParameters"]["lines"] == str(lines)
